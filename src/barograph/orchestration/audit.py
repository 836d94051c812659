"""The audit operator: spark-submit of the audit, as far back as the run's Param says."""

from airflow.sdk import Context

from barograph.orchestration.params import refuse_unknown_params
from barograph.orchestration.spark import LocalJarsOperator


class AuditObservationsOperator(LocalJarsOperator):
    """SparkSubmitOperator for `jobs/audit_observations.py`; the Params `days` and `deep` say what is looked at.

    Raises:
        AirflowFailException: there are no jars, or an unknown Param was given.
    """

    job = "audit_observations.py"

    def arguments(self, context: Context) -> list[str]:
        """How far back, and how deep."""
        params = context["params"]
        refuse_unknown_params(context["dag_run"].conf or {}, known=("days", "deep"))
        return ["--days", str(int(params["days"])), *(["--deep"] if params["deep"] else [])]
