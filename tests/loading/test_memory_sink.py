"""The sink in memory keeps what every sink promises."""

import pytest
from pyspark.sql import SparkSession

from tests.contract.memory_sink import MemorySink
from tests.contract.sink_contract import SinkContract
from tests.loading.kafka_records import SPARK

pytestmark = SPARK


class TestMemorySink(SinkContract):
    """The suite of tests/contract/sink_contract.py."""

    @pytest.fixture
    def sink(self, spark: SparkSession) -> MemorySink:
        """An empty one."""
        return MemorySink(spark)
