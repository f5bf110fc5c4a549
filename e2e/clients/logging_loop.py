"""Clients that log until told to stop: `python logging_loop.py <stop file> <run id> …`, a thread for each run.

Says `<run id> <acknowledged so far>` now and then. At the end one line of JSON for each run: {"run_id", "steps", "batches", "error"},
with the steps whose log_metric and whose log_batch came back. The client's settings are its own, its seven tries included.
"""

import json
import os
import sys
import threading

from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

stop, run_ids = sys.argv[1], sys.argv[2:]
client = MlflowClient()
say = threading.Lock()


def tell(line):
    with say:
        print(line, flush=True)


def work(run_id):
    steps, batches, error, i = [], [], None, 0
    try:
        while not os.path.exists(stop):
            # The same time again when it is tried again: that is what makes a repeat a repeat.
            client.log_metric(run_id, "m", i / 7, timestamp=1_000_000 + i, step=i)
            steps.append(i)
            if i % 5 == 0:
                client.log_batch(run_id, [Metric("b", n, 2_000_000 + i, i * 10 + n) for n in range(10)], [Param(f"p{i}", str(i))], [RunTag("last", str(i))])
                batches.append(i)
            i += 1
            tell(f"{run_id} {i}")
    except Exception as e:
        error = f"{type(e).__name__}: {e}"[:500]
    tell(json.dumps({"run_id": run_id, "steps": steps, "batches": batches, "error": error}))


threads = [threading.Thread(target=work, args=(id,)) for id in run_ids]
for t in threads:
    t.start()
for t in threads:
    t.join()
