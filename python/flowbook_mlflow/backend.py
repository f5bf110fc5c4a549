"""MLflow's "local" backend inside a step: it hands the launch to the server and waits for it."""
import logging
import os

from mlflow.entities import RunStatus
from mlflow.exceptions import ExecutionException
from mlflow.projects.submitted_run import SubmittedRun

from flowbook_mlflow import api

_logger = logging.getLogger("flowbook")

# As MLflow names them in backend_config.
_RUN_ID = "_mlflow_local_backend_run_id"
_ENV_MANAGER = "ENV_MANAGER"
_SYNCHRONOUS = "SYNCHRONOUS"

_STATUS = {
    "queued": RunStatus.SCHEDULED,
    "preparing": RunStatus.SCHEDULED,
    "running": RunStatus.RUNNING,
    "stopping": RunStatus.RUNNING,
    "finished": RunStatus.FINISHED,
    "failed": RunStatus.FAILED,
    "lost": RunStatus.FAILED,
    "stopped": RunStatus.KILLED,
}
_ENDED = ("finished", "failed", "lost", "stopped")


class FlowbookBackend(object):
    def __init__(self, original):
        self._original = original

    def run(self, project_uri, entry_point, params, version, backend_config, tracking_uri, experiment_id):
        config = backend_config if isinstance(backend_config, dict) else {}
        folder = _own_project(project_uri)
        # Another project, another tracking server, MLflow calling itself: as MLflow does it, within this step.
        if folder is None or _RUN_ID in config or not api.is_ours(tracking_uri):
            return self._original().run(
                project_uri, entry_point, params, version, backend_config, tracking_uri, experiment_id
            )
        launch = api.post(
            "nested-launches",
            {
                "project_uri": ".",
                "cwd": _inside(os.getcwd(), folder),
                "entry_point": entry_point or "main",
                "parameters": {str(key): str(value) for key, value in (params or {}).items()},
                "version": version,
                "env_manager": config.get(_ENV_MANAGER),
                "experiment_id": None if experiment_id is None else str(experiment_id),
                "parent_run_id": _active_run_id(),
            },
        )["launch"]
        return FlowbookSubmittedRun(launch, bool(config.get(_SYNCHRONOUS)))


class FlowbookSubmittedRun(SubmittedRun):
    def __init__(self, launch, is_synchronous):
        super(FlowbookSubmittedRun, self).__init__()
        self._launch = launch
        self._is_synchronous = is_synchronous

    @property
    def run_id(self):
        return self._launch["run_id"]

    def _look(self, wait_seconds):
        path = "launches/{}?wait_seconds={}".format(self._launch["id"], wait_seconds)
        self._launch = api.get(path, timeout=wait_seconds + 30)["launch"]
        return self._launch["state"]

    def wait(self):
        while self._launch["state"] not in _ENDED:
            self._look(25)
        if self._launch["state"] == "finished":
            return True
        # mlflow.run() would say only that it failed; the reason is worth more.
        if self._is_synchronous:
            raise ExecutionException(
                "Run (ID '{}') of entry point '{}' {}: {}".format(
                    self.run_id,
                    self._launch.get("entry_point"),
                    "was stopped" if self._launch["state"] == "stopped" else self._launch["state"],
                    self._launch.get("reason") or "no reason was given",
                )
            )
        return False

    def get_status(self):
        if self._launch["state"] not in _ENDED:
            self._look(0)
        return RunStatus.to_string(_STATUS.get(self._launch["state"], RunStatus.RUNNING))

    def cancel(self):
        self._launch = api.post("launches/{}/stop".format(self._launch["id"]), {})["launch"]
        while self._launch["state"] not in _ENDED:
            self._look(25)


def _own_project(project_uri):
    """The project's folder when the URI means it, else None."""
    uri = str(project_uri)
    if uri.startswith("file://"):
        uri = uri[len("file://"):]
    elif "://" in uri or uri.startswith("git@"):
        return None
    folder = os.path.realpath(os.environ["FLOWBOOK_PROJECT_DIR"])
    return folder if os.path.realpath(uri) == folder else None


def _inside(path, folder):
    relative = os.path.relpath(os.path.realpath(path), folder)
    return "" if relative == "." or relative.startswith("..") else relative


def _active_run_id():
    import mlflow

    run = mlflow.active_run()
    return run.info.run_id if run else None
