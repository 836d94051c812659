"""The Spark session of a load."""

from typing import Final

from pyspark.sql import SparkSession

from barograph.settings import Settings

CONF: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # digests are sums that wrap at 2^64
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",  # a strange time is null and goes to quarantine; it does not end the job
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",  # a header may occur twice
    "spark.speculation": "false",  # speculative copies would write twice
    "spark.ui.enabled": "false",
    "spark.redaction.regex": "(?i)secret|password|token|access[.]key|jaas",  # Spark's own, and where Kafka's login is
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.extensions": "com.datastax.spark.connector.CassandraSparkExtensions",
    "spark.cassandra.output.batch.size.bytes": "32768",  # measured: docs/decisions/0004
    "spark.cassandra.output.consistency.level": "LOCAL_QUORUM",
    "spark.cassandra.input.consistency.level": "LOCAL_QUORUM",  # the read-back must see what was written
}


CIPHERS: Final = "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256"
"""Those of TLS 1.3; the connector's own choice is two of TLS 1.2 that want RSA keys and have no forward secrecy."""


def start_session(settings: Settings) -> SparkSession:
    """A session with UTC times, talking to the Cassandra of `settings`."""
    builder = SparkSession.builder.appName("barograph load")
    for name, value in CONF.items():
        builder = builder.config(name, value)
    for name, value in connection_conf(settings).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def connection_conf(settings: Settings) -> dict[str, str]:
    """How the connector reaches Cassandra; the login is set here, in the process itself, and in no command line."""
    conf = {"spark.cassandra.connection.host": settings.cassandra_host}
    conf["spark.cassandra.connection.port"] = str(settings.cassandra_port)
    if settings.cassandra_datacenter:
        conf["spark.cassandra.connection.localDC"] = settings.cassandra_datacenter
    if settings.cassandra_username:
        conf["spark.cassandra.auth.username"] = settings.cassandra_username
        conf["spark.cassandra.auth.password"] = settings.cassandra_password.get_secret_value()
    if settings.tls:
        conf["spark.cassandra.connection.ssl.enabled"] = "true"
        conf["spark.cassandra.connection.ssl.trustStore.path"] = str(settings.truststore_file)
        conf["spark.cassandra.connection.ssl.enabledAlgorithms"] = CIPHERS
    return conf
