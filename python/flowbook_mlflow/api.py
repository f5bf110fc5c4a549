"""Requests to the server over the step's own socket. No token is in here: the other end of the socket knows whose it is."""
import json
import os
import time

from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from mlflow.exceptions import ExecutionException

# Environment proxies are for the outside; the tracking server is on loopback.
_opener = build_opener(ProxyHandler({}))
_base = (os.environ.get("FLOWBOOK_URL") or os.environ.get("MLFLOW_TRACKING_URI") or "").rstrip("/")
# While the server restarts the socket answers 503; a step waits that out.
_patience_seconds = 600


def is_ours(tracking_uri):
    return bool(_base) and str(tracking_uri or "").rstrip("/") == _base


def get(path, timeout=60):
    return _request("GET", path, None, timeout, True)


def post(path, body, timeout=120):
    return _request("POST", path, body, timeout, False)


def _request(method, path, body, timeout, is_repeatable):
    data = None if body is None else json.dumps(body).encode("utf-8")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    until = time.time() + _patience_seconds
    delay = 0.2
    while True:
        try:
            request = Request(_base + "/api/2.0/flowbook/" + path, data=data, headers=headers, method=method)
            return json.loads(_opener.open(request, timeout=timeout).read().decode("utf-8"))
        except HTTPError as error:
            message = _message(error)
            # Both say that nothing was stored, so even a launch may be asked for again.
            if error.code not in (429, 503) or time.time() > until:
                raise ExecutionException(message)
        except (URLError, OSError, ValueError) as error:
            refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
            if not (is_repeatable or refused) or time.time() > until:
                raise ExecutionException("Flowbook did not answer: {}".format(error))
        time.sleep(delay)
        delay = min(delay * 2, 5)


def _message(error):
    try:
        body = json.loads(error.read().decode("utf-8"))
        return str(body.get("message") or body)
    except Exception:
        return "Flowbook answered {}".format(error.code)
