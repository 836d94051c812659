"""The connection's Kafka producer, with the settings that the promise rests on."""

from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook
from confluent_kafka import Producer

from barograph.errors import RequestRefused
from barograph.transport.client import ClientConfig, of_every_client
from barograph.transport.delivery import open_producer


class ProvenProducerHook(KafkaProducerHook):
    """The connection's producer, with the settings that the promise rests on."""

    @property
    def client(self) -> ClientConfig:
        """Where the connection finds Kafka, and how it logs in.

        Raises:
            RequestRefused: the connection does not say where.
        """
        extra = self.get_connection(self.kafka_config_id).extra_dejson
        if not extra.get("bootstrap.servers"):
            raise RequestRefused(f"connection {self.kafka_config_id!r} has no bootstrap.servers in its extra: add it")
        return of_every_client(extra)

    def _get_client(self, config: ClientConfig) -> Producer:
        return open_producer(config)
