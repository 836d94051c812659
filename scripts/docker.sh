#!/bin/sh
# `./startup.sh --docker [--online|--offline]`: what `docker compose up --wait` does, after which weather was decided as the
# embedded stack decides it; then the first run is shown. Needs no Python here.
set -eu
cd "$(dirname -- "$(readlink -f -- "$0")")/.."
env_file=${ENV_FILE:-.env}

refuse() {
    echo "error: $1" >&2
    exit 1
}

compose() {
    docker compose --env-file "$env_file" "$@"
}

write_value() {
    awk -v name="$1" -v line="$1=$2" '
        index($0, name "=") == 1 { if (!done) print line; done = 1; next }
        { print }
        END { if (!done) print line }' "$env_file" >"$env_file.new"
    chmod 600 "$env_file.new"
    mv "$env_file.new" "$env_file"
}

choose() {
    write_value OPEN_METEO_MODE "$1"
}

# Names of an earlier release are replaced; misspelt ones are refused before anything starts.
upgrade_names() {
    if ! (umask 077 && compose run --rm --no-deps -T configure upgrade-env <"$env_file" >"$env_file.new"); then
        rm -f "$env_file.new"
        refuse "$env_file was left as it is: correct it, then start again"
    fi
    if cmp -s "$env_file" "$env_file.new"; then
        rm "$env_file.new"
    else
        mv "$env_file.new" "$env_file"
    fi
}

command -v docker >/dev/null || refuse "docker is not installed: install Docker Engine 20.10 or newer, or start without --docker"
docker compose version >/dev/null 2>&1 || refuse "docker has no \`compose\`: install its Compose plugin 2.24 or newer"
docker version >/dev/null 2>&1 || refuse "no Docker engine answers: start it, or become a user who may use it"
if [ ! -e "$env_file" ]; then
    (umask 077 && cp .env.example "$env_file")
    echo "$env_file: written from .env.example"
fi
case "${1:-}" in
--online) choose online ;;
--offline) choose standin ;;
"") ;;
*) refuse "--docker $1: give --online, --offline or nothing (a replay needs the embedded stack)" ;;
esac

compose build --quiet
upgrade_names
mode=${OPEN_METEO_MODE:-$(sed -n 's/^OPEN_METEO_MODE=//p' "$env_file" | tail -n 1)}
if [ -z "$mode" ]; then
    answer=$(compose run --rm --no-deps -T airflow-triggerer ask)
    echo "$answer" | sed '$d'
    mode=$(echo "$answer" | tail -n 1)
    choose "$mode"
fi
export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}$mode"
if ! compose up --wait --wait-timeout 1800; then
    compose logs --no-log-prefix --tail 20 first-run
    refuse "not everything is up, or the first run is red: docker compose ps -a, docker compose logs SERVICE"
fi
compose logs --no-log-prefix first-run
