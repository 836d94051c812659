"""The Cassandra sink keeps what every sink promises."""

import pytest
from pyspark.sql import SparkSession

from barograph.loading.batch import LoadContext
from barograph.sinks.port import Sink
from tests.contract.sink_contract import SinkContract


class TestCassandraSink(SinkContract):
    """The suite of tests/contract/sink_contract.py."""

    @pytest.fixture
    def spark(self, services: LoadContext) -> SparkSession:
        """The session that talks to the test stack's Cassandra."""
        return services.spark

    @pytest.fixture
    def sink(self, services: LoadContext) -> Sink:
        """The tables of the test stack."""
        return services.sink
