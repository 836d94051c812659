# In place of apache/kafka:4.1.2: the same jars from Maven Central, the two scripts that docker-compose.yml calls.
FROM barograph-test/java
RUN useradd --uid 1000 --create-home appuser && \
    install -d -o appuser /var/lib/kafka/data /opt/kafka/bin && \
    printf '#!/bin/sh\nexec java -cp "/opt/kafka/libs/*" kafka.tools.StorageTool "$@"\n' > /opt/kafka/bin/kafka-storage.sh && \
    printf '#!/bin/sh\nexec java $KAFKA_HEAP_OPTS $KAFKA_LOG4J_OPTS -cp "/opt/kafka/libs/*" kafka.Kafka "$@"\n' > /opt/kafka/bin/kafka-server-start.sh && \
    chmod +x /opt/kafka/bin/*
COPY *.jar /opt/kafka/libs/
USER appuser
VOLUME /etc/kafka/secrets /var/lib/kafka/data /mnt/shared/config
