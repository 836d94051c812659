#!/bin/sh
# How containers of barograph's image start. First, where asked for, a step of stack/containers.py:
#   ask         finds out whether Open-Meteo can be reached
#   configure   writes the configuration of Kafka and Cassandra, and generates the secrets that nobody has set
#   rotate      configure with new secrets, renew-certificates with new certificates; the next start uses them
#   init        waits for the services, migrates, makes login, Variables, pools, topics and tables
#   first-run   waits until the last complete day is recorded, and prints it
#   upgrade-env reads an .env file from stdin and prints it with the names of this release, or refuses it
# A step is safe to run again, and in two containers at once. Then the container becomes the process: `run NAME` is a
# program of the stack, anything else a command; without one it ends.
set -eu
cd /opt/barograph
case "${1:-}" in
ask | configure | rotate | renew-certificates | init | first-run | upgrade-env)
    python -m stack.containers "$1"
    shift
    ;;
esac
if [ "$#" -eq 0 ]; then
    exit 0
fi
if [ "$1" = run ]; then
    exec python -m stack "$@"
fi
exec "$@"
