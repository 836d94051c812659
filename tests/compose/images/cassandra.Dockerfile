# In place of cassandra:5.0: the same jars from Maven Central, a `cassandra` that takes the official one's options, cqlsh.
FROM barograph-test/java
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/* && \
    python3 -m venv /opt/cqlsh && /opt/cqlsh/bin/pip install --quiet --no-cache-dir cqlsh==6.2.2 && \
    ln -s /opt/cqlsh/bin/cqlsh /usr/local/bin/cqlsh
RUN groupadd --gid 999 cassandra && useradd --uid 999 --gid 999 cassandra && \
    install -d -o cassandra /var/lib/cassandra /var/log/cassandra && \
    printf '%s\n' '#!/bin/sh' 'shift  # -f' \
        'memory="-Xms$MAX_HEAP_SIZE -Xmx$MAX_HEAP_SIZE -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError"' \
        'agent=-javaagent:$(ls /opt/cassandra/lib/jamm-*.jar)' \
        'own="-Dcassandra-foreground=yes -Dcassandra.jmx.local.port=7199"' \
        'exec java $memory $agent @/etc/cassandra/jvm17.options $own "$@" -cp "/opt/cassandra/lib/*" org.apache.cassandra.service.CassandraDaemon' \
        > /usr/local/bin/cassandra && \
    chmod +x /usr/local/bin/cassandra
COPY *.jar /opt/cassandra/lib/
VOLUME /var/lib/cassandra
