"""Templates in what users give (Jinja), and objects in what tasks hand on (XCom): both stay the text that they are."""

from typing import Any, Final

import pytest
from airflow.sdk.bases.operator import BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.serde import deserialize

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.orchestration.load import LoadObservationsOperator
from barograph.orchestration.params import read_request
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.orchestration.spark import LocalJarsOperator
from stack.environment import airflow_configuration
from stack.settings import StackSettings
from tests.orchestration.airflow_home import isolate_airflow
from tests.sources.answers import DAY

isolate_airflow()

DAYS: Final = ("2024-04-01", "2024-04-01")
TEMPLATE: Final = "{{ conn.open_meteo_default.password }}{{ 7 * 7 }}{% for x in range(9) %}x{% endfor %}"


class HandedOn:
    """What an earlier task has returned, as a field of the task after it names it."""

    def __init__(self, content: object) -> None:
        self.content = content

    def resolve(self, _: object) -> object:
        """The content, as Airflow reads it before the task runs."""
        return self.content


def rendered(operator: BaseOperator, name: str) -> object:
    """A field of `operator` once Airflow has rendered all of them."""
    operator.render_template_fields({})
    return getattr(operator, name)


def test_a_location_that_is_a_template_reaches_the_produce_task_as_it_is() -> None:
    location = Location("52.5", "13.4", TEMPLATE)
    planned = {"hourly": [Chunk("open-meteo/dwd-icon", "hourly", (location,), ("rain",), DAY).to_json()], "daily": []}
    handed_on: Any = HandedOn(planned)
    produce = ProduceObservationsOperator(
        task_id="produce_hourly_metrics", topic="hourlymetrics", resolution="hourly", planned=handed_on
    )
    assert rendered(produce, "planned") == planned


def test_what_a_source_said_reaches_the_load_task_as_it_is() -> None:
    produced = {"attempt_ids": [TEMPLATE], "observations": 1, "unserved": [TEMPLATE], "known_unserved": [], "refused": TEMPLATE}
    handed_on: Any = HandedOn(produced)
    assert rendered(LoadObservationsOperator(task_id="load", produced=handed_on), "produced") == produced


def test_the_test_would_see_a_template_that_is_rendered() -> None:
    planned: Any = ["{{ 7 * 7 }}"]
    produce = ProduceObservationsOperator(task_id="p", topic="t", resolution="hourly", planned=planned)
    assert rendered(produce, "planned") == ["49"]


def test_fields_that_are_rendered_hold_what_earlier_tasks_handed_on_or_the_code_itself() -> None:
    own = {name for operator in (ProduceObservationsOperator, LoadObservationsOperator) for name in operator.template_fields}
    assert own - set(LocalJarsOperator.template_fields) == {
        *("planned", "produced"),
        *("topic", "producer_function_args", "producer_function_kwargs", "kafka_config_id"),
    }


def test_a_param_that_is_a_template_stays_text() -> None:
    template = "x {{ var.value.hourly }}{% x %}"
    params = {"latitudes": template, "longitudes": template, "hourly": [template], "daily": ["none"], "source": "auto"}
    request = read_request(params, DAYS)
    assert (request.latitudes, request.longitudes, request.hourly) == (template, template, (template,))


@pytest.mark.parametrize("name", ["subprocess.Popen", "barograph.settings.Settings", "builtins.eval", "os.system"])
def test_no_object_but_airflows_own_is_made_out_of_what_tasks_hand_on(name: str) -> None:
    with pytest.raises(ImportError, match="was not found in allow list"):
        deserialize({"__classname__": name, "__version__": 1, "__data__": ["id"]})


def test_neither_stack_allows_more_classes_pickles_or_another_pattern_for_run_ids() -> None:
    named = airflow_configuration(StackSettings())
    widened = ("ALLOWED_DESERIALIZATION_CLASSES", "ENABLE_XCOM_PICKLING", "XCOM_BACKEND", "ALLOWED_RUN_ID_PATTERN")
    assert [name for name in named if name.endswith(widened)] == []
    assert conf.get("core", "allowed_deserialization_classes") == "airflow.*"
    assert not conf.has_option("core", "enable_xcom_pickling")
    assert conf.get("scheduler", "allowed_run_id_pattern") == "^[A-Za-z0-9_.~:+-]+$"
