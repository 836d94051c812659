#!/bin/sh
# Makes the virtual environment this project runs in, then hands over to `python -m stack`, where everything else is.
# ./startup.sh [up|down|status|logs|reset|cqlsh|airflow|barograph] …, and `install` for the virtual environment alone.
# `--docker` starts docker-compose.yml instead: scripts/docker.sh.
set -eu

root=$(dirname -- "$(readlink -f -- "$0")")
venv="$root/.venv"

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "error: no Python 3.11 or 3.12 found. Install one (Debian: apt-get install python3 python3-venv)," \
        "or name it: PYTHON=/path/to/python3.11 $0" >&2
    exit 1
}

refuse_packages() {
    echo "error: the packages were not installed, for the reason above. A hash that does not match means another file than the" \
        "one this release was tested with: install from PyPI or an unchanged mirror of it, and keep the hashes." \
        "Anything else: start again when the registry can be reached" >&2
    exit 1
}

install_packages() {
    # An install that was cut short, and a folder that was moved, leave an environment nobody can trust.
    if [ -e "$venv/.installing" ] || [ "$(cat "$venv/.root" 2>/dev/null || echo "$root")" != "$root" ] ||
        [ ! -x "$venv/bin/python" ]; then
        rm -rf "$venv"
    fi
    mkdir -p "$venv"
    : >"$venv/.installing"
    if [ ! -x "$venv/bin/python" ]; then
        python=$(find_python)
        echo "making .venv with $("$python" --version)"
        "$python" -m venv "$venv" || {
            echo "error: $python cannot make virtual environments (Debian: apt-get install python3-venv)" >&2
            exit 1
        }
    fi
    echo "installing the packages of requirements.txt"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r "$root/requirements-install.txt" || refuse_packages
    VIRTUAL_ENV="$venv" "$venv/bin/uv" pip install --quiet --require-hashes \
        --build-constraints "$root/requirements-install.txt" -r "$root/requirements.txt" || refuse_packages
    VIRTUAL_ENV="$venv" "$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation -e "$root"
    echo "$root" >"$venv/.root"
    echo "$wanted" >"$venv/.installed"
    rm -f "$venv/.installing"
}

if [ "${1:-}" = --docker ]; then
    shift
    exec sh "$root/scripts/docker.sh" "$@"
fi
# The same signs as PATH_SIGNS of stack/settings.py.
refused=$(printf %s "$root" | LC_ALL=C tr -d 'A-Za-z0-9/._+@~()&!\200-\377-')
if [ -n "$refused" ]; then
    why="which Spark, Java or supervisord take for a sign of their own"
    move="move it to where the path has only letters, digits and / . _ - + @ ~ ( ) & !, and start again"
    printf "error: the path of this folder, %s, holds '%s', %s: %s\n" "$root" "$refused" "$why" "$move" >&2
    exit 1
fi
wanted=$(cat "$root/requirements-install.txt" "$root/requirements.txt" "$root/pyproject.toml" | cksum)
if [ -e "$venv/.installing" ] || [ "$(cat "$venv/.installed" 2>/dev/null)" != "$wanted" ] ||
    [ "$(cat "$venv/.root" 2>/dev/null)" != "$root" ]; then
    install_packages
fi
if [ "${1:-}" = install ]; then
    exit 0
fi
PYTHONPATH="$root" exec "$venv/bin/python" -m stack "$@"
