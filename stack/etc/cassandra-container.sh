#!/bin/sh
# cassandra-container.sh FOLDER COMMAND…: COMMAND with the configuration that is due for the data in FOLDER. As long as its logins
# are not made that is cassandra-setup.yaml, which lets in airflow-init alone; when roles.json says that they are, the node stops
# and starts with cassandra-login.yaml.
set -eu
configuration=/etc/barograph/cassandra
data=$1
shift
if [ ! -e "$configuration/roles.json" ] || [ ! -d "$data/data/system_auth" ]; then
    begun=/tmp/begun
    touch "$begun"
    sh "$configuration/start-cassandra.sh" "$data/commitlog" "$@" "-Dcassandra.config=file://$configuration/cassandra-setup.yaml" &
    node=$!
    trap 'kill "$node"; wait "$node"; exit 143' TERM INT
    until [ "$configuration/roles.json" -nt "$begun" ]; do
        kill -0 "$node" # it has ended: so does this, and the container starts again
        sleep 1
    done
    kill "$node"
    wait "$node" || true
    trap - TERM INT
fi
exec sh "$configuration/start-cassandra.sh" "$data/commitlog" "$@" "-Dcassandra.config=file://$configuration/cassandra-login.yaml"
