"""One question to the ledger in a process of its own: prints what it answered, its queries, seconds and peak memory as JSON.

Arguments: the question (see `large_ledger.QUESTIONS`) and the last day of the ledger.
"""

import json
import os
import sys
import time
from datetime import date

from barograph.loading.jobs import peak_mib
from barograph.settings import get_settings
from barograph.store.store import open_store
from benchmarks.large_ledger import QUESTIONS


def main(question: str, last_day: str) -> None:
    """Ask once and tell what it took; preparing a statement counts as no query."""
    with open_store(get_settings()) as store:
        asked = list[object]()
        store.session.add_request_init_listener(lambda future: asked.append(future.message))
        began = time.monotonic()
        answer = QUESTIONS[question](store, date.fromisoformat(last_day))
        seconds = time.monotonic() - began
    queries = sum(type(message).__name__ != "PrepareMessage" for message in asked)
    peak = peak_mib(os.getpid())
    print(json.dumps({"answer": answer, "queries": queries, "seconds": round(seconds, 3), "peak_mib": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
