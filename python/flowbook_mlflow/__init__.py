"""Makes ``mlflow.run(".", ...)`` inside a Flowbook step a run of its own, with its own page, log, limits and environment.

Flowbook installs this package into the environments it builds. It acts only inside a step (FLOWBOOK_JOB_ID is set there);
anywhere else it does nothing. MLflow loads it through two documented plugin groups while ``import mlflow`` runs, so nothing
here may import mlflow.
"""
import os
import sys

__version__ = "0.1.0"

LOADER = "mlflow.projects.backend.loader"


def is_inside_step():
    return bool(os.environ.get("FLOWBOOK_JOB_ID") and os.environ.get("FLOWBOOK_PROJECT_DIR"))


class StepContext(object):
    """A run context provider that adds no tags: the server knows a step by its socket."""

    def in_context(self):
        return False

    def tags(self):
        return {}


class StepExperiment(object):
    """The experiment of a step is its project's, unless its code names another."""

    def in_context(self):
        return is_inside_step() and bool(os.environ.get("FLOWBOOK_EXPERIMENT_ID"))

    def get_experiment_id(self):
        return os.environ["FLOWBOOK_EXPERIMENT_ID"]


def _redirect(loader):
    backends = getattr(loader, "MLFLOW_BACKENDS", None)
    original = backends.get("local") if backends else None
    if original is None or getattr(original, "is_flowbook", False):
        return

    def local():
        from flowbook_mlflow.backend import FlowbookBackend

        return FlowbookBackend(original)

    local.is_flowbook = True
    backends["local"] = local


class _AfterLoader(object):
    """Waits on sys.meta_path for MLflow's list of backends to be imported, and changes its "local" then. One shot."""

    def find_spec(self, name, path=None, target=None):
        if name != LOADER:
            return None
        sys.meta_path.remove(self)
        import importlib.util

        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _redirect(module)

        spec.loader.exec_module = exec_module
        return spec


if is_inside_step():
    if LOADER in sys.modules:
        _redirect(sys.modules[LOADER])
    elif not any(type(finder).__name__ == "_AfterLoader" for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterLoader())
