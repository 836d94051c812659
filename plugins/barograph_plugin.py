"""barograph's part in Airflow's web server."""

from airflow.plugins_manager import AirflowPlugin

from barograph.web.door import LoginThrottle, SecurityHeaders


class BarographPlugin(AirflowPlugin):
    """Airflow adds the middlewares from the inside out: an answer of the throttle has the headers, too."""

    name = "barograph"
    fastapi_root_middlewares = [  # noqa: RUF012 (Airflow declares it as an attribute of each plugin)
        {"name": "barograph's limit on failed logins", "middleware": LoginThrottle},
        {"name": "barograph's security headers", "middleware": SecurityHeaders},
    ]
