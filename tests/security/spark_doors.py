"""What is tried at the ports of Spark's master, workers, drivers and executors."""

import socket
import struct
import subprocess
from collections.abc import Iterator

from stack.environment import client_environment
from stack.settings import REPOSITORY
from tests.security.attempts import Attempt, Target, tell

RPC_REQUEST = 3
REFUSAL = b"Expected SaslMessage"
"""Part of the answer of a port that wants a login to somebody who begins with something else."""

JOB_S = 150
"""Spark's own patience with a master that does not answer is a minute and a half."""

REFUSED_JOB = "All masters are unresponsive"
"""What a driver says whom the master has not answered."""

JOB = """
import sys
from pyspark.sql import SparkSession
builder = SparkSession.builder.master(sys.argv[1]).config("spark.driver.memory", "512m").config("spark.ui.enabled", "false")
for option in sys.argv[2:]:
    builder = builder.config(*option.split("=", 1))
print("counted", builder.getOrCreate().range(3).count())
"""
WRONG_SECRET = ("spark.authenticate=true", "spark.authenticate.secret=wrong", "spark.network.crypto.enabled=true")


def try_spark(target: Target) -> Iterator[Attempt]:
    """A request of Spark's protocol from somebody who has not logged in."""
    body = b"stranger"
    request = struct.pack(">qbqi", 21 + len(body), RPC_REQUEST, 1, len(body)) + body
    try:
        with socket.create_connection(target.address, 5) as stranger:
            stranger.settimeout(5)
            stranger.sendall(request)
            answer = stranger.recv(4096)
    except OSError as error:
        answer, told = b"", tell(error)
    else:
        told = answer[21:].decode("utf-8", "replace").partition("\n")[0][:160] or "closed"
    what = f"a request at {target.host}:{target.listener.port}"
    yield Attempt("spark", "anonymous", what, told, is_open=REFUSAL not in answer)


def try_spark_master(target: Target) -> Iterator[Attempt]:
    """The same, and a job of somebody who guesses the secret."""
    yield from try_spark(target)
    yield _run_job(target, "wrong secret", WRONG_SECRET)


def _run_job(target: Target, who: str, options: tuple[str, ...]) -> Attempt:
    command = [str(REPOSITORY / ".venv/bin/python"), "-c", JOB, "spark://{}:{}".format(*target.address), *options]
    try:
        done = subprocess.run(
            command, env=client_environment(target.settings), capture_output=True, text=True, timeout=JOB_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Attempt("spark", who, "run a job", f"no executor in {JOB_S} s", is_open=False)
    reasons = [line for line in done.stderr.splitlines() if REFUSED_JOB in line]
    told = reasons[0].strip()[-160:] if reasons else (done.stdout + done.stderr)[-160:]
    return Attempt("spark", who, "run a job", told, is_open=not reasons)
