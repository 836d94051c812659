"""The connection's Kafka producer, with the settings that the promise rests on."""

from collections.abc import Mapping

from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook
from confluent_kafka import Producer

from barograph.errors import RequestRefused
from barograph.transport.delivery import DEFAULTS, REQUIRED


class ProvenProducerHook(KafkaProducerHook):
    """The connection's producer, with the settings that the promise rests on."""

    @property
    def bootstrap_servers(self) -> str:
        """Where the connection finds Kafka.

        Raises:
            RequestRefused: the connection does not say.
        """
        servers = self.get_connection(self.kafka_config_id).extra_dejson.get("bootstrap.servers")
        if not servers:
            raise RequestRefused(f"connection {self.kafka_config_id!r} has no bootstrap.servers in its extra: add it")
        return str(servers)

    def _get_client(self, config: Mapping[str, str | int | bool]) -> Producer:
        return Producer({**DEFAULTS, **config, **REQUIRED})
