"""barograph's part in Airflow's web server."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from barograph.web.door import LoginThrottle, SecurityHeaders


class BarographPlugin(AirflowPlugin):
    """Airflow adds the middlewares from the inside out: an answer of the throttle has the headers, too."""

    name = "barograph"
    fastapi_root_middlewares: ClassVar[list[Any]] = [
        {"name": "barograph's limit on failed logins", "middleware": LoginThrottle},
        {"name": "barograph's security headers", "middleware": SecurityHeaders},
    ]
