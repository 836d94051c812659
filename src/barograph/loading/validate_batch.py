"""Records of a batch, validated by the rules of its variables."""

from pyspark.sql import DataFrame

from barograph.loading.batch import Batch, LoadContext
from barograph.loading.observations import parse_observations
from barograph.loading.records import read_records
from barograph.model.variables import get_variable


def validate_records(batch: Batch, services: LoadContext, records: DataFrame | None = None) -> DataFrame:
    """The rows of `parse_observations` for what Kafka holds of `batch`, or for `records` in its place.

    Raises:
        ManifestMismatch: an attempt has no manifest.
    """
    if records is None:
        records = read_records(services.spark, services.settings.kafka_bootstrap_servers, batch.manifests)
    variables = [get_variable(name, batch.resolution) for name in batch.variables]
    return parse_observations(records, batch.resolution, variables, batch.source)
