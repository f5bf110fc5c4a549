"""Runs themes against MLFLOW_TRACKING_URI: `python run.py` for all of them, `python run.py search registry` for some.

Needs mlflow (or mlflow-skinny) 2.22 or 3.17, scikit-learn, pandas, matplotlib, skops, psutil. Exit code 1 when a check fails.
What the client prints is shown for tests that fail.
"""

import contextlib
import importlib
import io
import pathlib
import sys
import time
import traceback

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here))
import checks

themes = sys.argv[1:] or sorted(p.stem.removeprefix("theme_") for p in here.glob("theme_*.py"))
failed = []


def run(name, test):
    began = time.monotonic()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            test()
        print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
    except Exception:
        failed.append(name)
        print(f"FAIL {name} ({time.monotonic() - began:.1f} s)\n{said.getvalue()[-2000:]}\n{traceback.format_exc(limit=2, chain=False)}", flush=True)
    finally:
        # A run that a failed test left open would carry what the next one logs.
        with contextlib.redirect_stdout(said):
            while checks.mlflow.active_run():
                checks.mlflow.end_run("FAILED")


for theme in themes:
    for name, test in list(vars(importlib.import_module(f"theme_{theme}")).items()):
        if name.startswith("test_"):
            run(f"{theme}.{name.removeprefix('test_')}", test)

print(f"mlflow {checks.mlflow.__version__}: {checks.checked} checks, {len(failed)} failed tests {' '.join(failed)}")
sys.exit(1 if failed else 0)
