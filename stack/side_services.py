"""Kafka, Cassandra and the simulator alone, separate from the user's stack: quick to start, and freely configurable."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from barograph.store.rights import grant_rights
from barograph.store.schema import create_schema
from barograph.transport.client import client_config
from barograph.transport.topics import create_topics
from stack.kafka_users import make_users
from stack.logins import make_logins
from stack.programs import Prepare, find_program
from stack.settings import env_names
from stack.side_stack import SideStack
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.templates import write_file

NAMES: Final = ("kafka", "cassandra", "standin")


class SideServices(SideStack):
    """A side stack without PostgreSQL and Airflow. `values` are settings by their .env names."""

    def __init__(self, name: str, **values: str) -> None:
        super().__init__(name)
        self._names |= {"OPEN_METEO_MODE": "standin", **values}

    def begin(self) -> Supervisor:
        """Start its supervisord, with nothing running yet."""
        values = {name: value for name, value in self._names.items() if name in env_names()}
        write_file(self.folder / "env", "".join(f"{name}={value}\n" for name, value in values.items()))
        make_logins(self.own_settings)
        supervisor = Supervisor(self.settings)
        with self._as_environment():
            supervisor.begin()
        return supervisor

    def start(self, **prepare: Prepare) -> None:
        """Bring the services up, topics and tables made; `prepare` replaces a program's own preparation.

        Raises:
            StackError: one did not come up; holds the end of its log.
        """
        startup = Startup(self.own_settings, self.begin())
        programs = [find_program(name) for name in NAMES]
        with ThreadPoolExecutor() as pool:
            list(pool.map(startup.bring_up, [replace(p, prepare=prepare.get(p.name, p.prepare)) for p in programs]))
        self.make_tables()

    def start_one(self, name: str) -> None:
        """Bring up the service `name` alone.

        Raises:
            StackError: it did not come up; holds the end of its log.
        """
        Startup(self.own_settings, self.begin()).bring_up(find_program(name))

    def make_tables(self) -> None:
        """Kafka's users, topics, keyspace, tables and rights, as a start makes them."""
        settings = self.settings
        topics = [settings.hourly_data_topic, settings.daily_data_topic]
        copies = settings.kafka_replicas, settings.kafka_min_insync_replicas
        make_users(self.own_settings)
        create_topics(client_config(settings), topics, *copies)
        with self.cassandra() as session:
            create_schema(session, settings)
            grant_rights(session, settings)

    @contextmanager
    def _as_environment(self) -> Iterator[None]:
        """For supervisord, which hands on the environment that it is started in."""
        before: Mapping[str, str] = dict(os.environ)
        os.environ.update(self.environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
