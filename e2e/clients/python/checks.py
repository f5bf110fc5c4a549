"""What the themes share: the client, the version's differences, and checks that say what they found.

A theme is a module of this folder with functions `test_…`; `run.py` runs them in order. Each makes its own experiment, so that
themes neither need nor disturb one another, nor what else is on the server.
"""

import logging
import os
import sys
import uuid
import warnings

# A server that answers 500 shows at once, instead of after four minutes of the client's patience.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# `python` in a project's command is this one.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
warnings.filterwarnings("ignore")

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

logging.getLogger("mlflow").setLevel(logging.ERROR)

client = MlflowClient()
is_3 = int(mlflow.__version__.split(".")[0]) >= 3
checked = 0


def check(name, found, wanted=True):
    """An AssertionError that shows both sides, unless they are equal."""
    global checked
    assert found == wanted, f"{name}: found {found!r}, wanted {wanted!r}"
    checked += 1


def refuses(name, code, call, text=""):
    """The call must be refused with this error_code, and a message that holds the text."""
    try:
        call()
    except MlflowException as error:
        check(f"{name}: its code in {error}", error.error_code, code)
        check(f"{name}: {text!r} in {error}", text in str(error))
    else:
        raise AssertionError(f"{name}: was accepted")


def unique(name):
    return f"{name}-{uuid.uuid4().hex[:10]}"


def new_experiment(name="clients"):
    """A fresh experiment, set as the active one; its id."""
    return mlflow.set_experiment(unique(name)).experiment_id


def log_sklearn(model, name, **options):
    """log_model under the word that this version has for the place; what it needs is given, as finding it out takes the client 10 s."""
    return mlflow.sklearn.log_model(model, **{"name" if is_3 else "artifact_path": name}, pip_requirements=["scikit-learn"], **options)


def run_ids(runs):
    return [r.info.run_id for r in runs]
