"""The program that spark-submit runs for an audit: how far back in, findings and one summary line out; exit code 1 if red."""

import argparse

from barograph.loading.audit import audit_attempts
from barograph.loading.job import run_job


def main() -> None:
    """Audit what was committed in the last `--days` days; exits 1 when anything was lost, or nothing was looked at."""
    parser = argparse.ArgumentParser(description="Hold committed attempts against the tables.")
    parser.add_argument("--days", type=int, required=True, help="attempts committed in the last so many days")
    parser.add_argument("--source", help="only attempts at this source")
    parser.add_argument("--deep", action="store_true", help="compare with the Kafka records too, while they are kept")
    given = parser.parse_args()
    run_job("audit", lambda services: audit_attempts(services, given.days, deep=given.deep, source=given.source))
