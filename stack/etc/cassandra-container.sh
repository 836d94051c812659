#!/bin/sh
# cassandra-container.sh FOLDER COMMAND…: COMMAND with the configuration that is due for the data in FOLDER. As long as its logins
# are not made that is cassandra-setup.yaml, which lets in airflow-init alone. When roles.json says that they are, the node stops,
# which puts them on the disk, and starts with cassandra-login.yaml. The copy of roles.json in FOLDER says which logins the data
# has.
set -eu
configuration=/etc/barograph/cassandra
data=$1
shift
if ! cmp -s "$configuration/roles.json" "$data/roles.json"; then
    begun=/tmp/begun
    touch "$begun"
    sh "$configuration/start-cassandra.sh" "$data/commitlog" "$@" "-Dcassandra.config=file://$configuration/cassandra-setup.yaml" &
    node=$!
    trap 'kill "$node"; wait "$node"; exit 143' TERM INT
    until [ "$configuration/roles.json" -nt "$begun" ] && [ -r "$configuration/roles.json" ]; do
        kill -0 "$node" # it has ended: so does this, and the container starts again
        sleep 1
    done
    kill "$node"
    ended=0
    wait "$node" || ended=$?
    trap - TERM INT
    [ "$ended" = 143 ] # else it was killed, and may have lost them: the container starts again
    cp "$configuration/roles.json" "$data/roles.json"
fi
exec sh "$configuration/start-cassandra.sh" "$data/commitlog" "$@" "-Dcassandra.config=file://$configuration/cassandra-login.yaml"
