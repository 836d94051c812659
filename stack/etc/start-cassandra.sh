#!/bin/sh
# start-cassandra.sh FOLDER COMMAND…: becomes COMMAND when FOLDER has no commit log segment any more that is nothing but zeros.
# A full disk leaves some, and Cassandra does not start with one there. A write needs its segment's header, which is written
# first, so these hold no write.
set -eu
for segment in "$1"/CommitLog-*.log; do
    if [ -e "$segment" ] && cmp -s -n "$(wc -c <"$segment")" "$segment" /dev/zero; then
        echo "removed $segment: an empty segment, left by a full disk"
        rm "$segment"
    fi
done
shift
exec "$@"
