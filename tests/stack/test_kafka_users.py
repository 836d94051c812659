"""Who may do what at Kafka. That the broker keeps to it is in tests/integration/test_kafka_door.py."""

import stat

from confluent_kafka.admin._acl import AclBinding, AclOperation
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from stack import kafka
from stack.kafka_users import LIVE_TOPICS, has_own_kafka, list_rights
from stack.logins import USERS, make_logins, password
from stack.settings import StackSettings
from tests.stack.conftest import MakeSettings

RECORDED = {"hourly", "daily", "instantmetrics"}


def rights_of(user: str, settings: StackSettings) -> list[AclBinding]:
    """What `user` may do."""
    return [right for right in list_rights(settings) if right.principal == f"User:{user}"]


def topics(rights: list[AclBinding], operation: AclOperation) -> set[str]:
    """The topics for which `rights` allow `operation`."""
    return {str(one.name) for one in rights if one.restype == ResourceType.TOPIC and one.operation == operation}


def test_each_user_writes_and_reads_what_it_must_and_nothing_else(make_settings: MakeSettings) -> None:
    settings = make_settings(HOURLY_DATA_TOPIC="hourly", DAILY_DATA_TOPIC="daily")
    written = {user: topics(rights_of(user, settings), AclOperation.WRITE) for user in USERS["kafka"]}
    read = {user: topics(rights_of(user, settings), AclOperation.READ) for user in USERS["kafka"]}
    nothing: dict[str, set[str]] = {user: set() for user in USERS["kafka"]}
    assert written == nothing | {"producer": RECORDED, "feed": set(LIVE_TOPICS)}
    assert read == nothing | {"loader": RECORDED | set(LIVE_TOPICS), "reader": {"*"}}


def test_groups_are_read_under_ones_own_prefix(make_settings: MakeSettings) -> None:
    groups = [right for right in list_rights(make_settings()) if right.restype == ResourceType.GROUP]
    assert {(right.principal, right.name) for right in groups} == {("User:loader", "barograph"), ("User:reader", "reader")}
    assert {right.resource_pattern_type for right in groups} == {ResourcePatternType.PREFIXED}


def test_nobody_may_alter_delete_or_grant(make_settings: MakeSettings) -> None:
    usual = {AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS}
    assert {right.operation for right in list_rights(make_settings())} == usual


def test_users_are_made_at_the_stacks_own_kafka_only(make_settings: MakeSettings) -> None:
    assert has_own_kafka(make_settings())
    assert not has_own_kafka(make_settings(KAFKA_HOST="kafka.example.org"))
    assert not has_own_kafka(make_settings(KAFKA_HOST="kafka.example.org", KAFKA_USERNAME="recorder"))


def test_the_brokers_password_is_in_a_file_of_its_owner_and_in_no_command(make_settings: MakeSettings) -> None:
    settings = make_settings()
    make_logins(settings)
    path = kafka.configure_kafka(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = password(settings, "kafka", "broker")
    text = path.read_text(encoding="utf-8")
    assert secret in text
    assert not [user for user in USERS["kafka"] if user != "broker" and password(settings, "kafka", user) in text]
    assert not [part for part in kafka.kafka_command(settings) if secret in part]


def test_another_password_of_the_broker_restarts_it(make_settings: MakeSettings) -> None:
    settings = make_settings()
    make_logins(settings)
    before = kafka.kafka_properties(settings)
    (settings.logins_dir / "passwords.json").unlink()
    make_logins(settings)
    assert kafka.kafka_properties(settings) != before
