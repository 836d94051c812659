"""One small Spark session for all tests of loading, and attempts to land."""

import gc
import logging
from collections.abc import Iterator
from typing import Final

import pytest
from pyspark.sql import SparkSession

from barograph.loading.session import CONF

NEEDS_THE_CONNECTOR: Final = "spark.sql.extensions"


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The load's own session, on two cores and without the connector's jars."""
    logging.getLogger("py4j").setLevel(logging.WARNING)  # its last word comes when pytest has closed its files
    conf = {name: value for name, value in CONF.items() if name != NEEDS_THE_CONNECTOR}
    conf |= {"spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2", "spark.driver.bindAddress": "127.0.0.1"}
    conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.extraJavaOptions": "-Duser.timezone=UTC"}
    builder = SparkSession.builder.master("local[2]").appName("tests of loading")
    for name, value in conf.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module", autouse=True)
def collected_sockets() -> Iterator[None]:
    """Let py4j's forgotten sockets be collected here, where their warning is ignored, and not in some later test."""
    yield
    gc.collect()
