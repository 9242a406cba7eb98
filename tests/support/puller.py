"""Speaks the pull API (docs/PULL.md): one client of one subscription."""

import json
import threading

PATH = "/api/workflow/subscription"


class PullError(Exception):
    """A response other than 200."""

    def __init__(self, response):
        super().__init__(repr(response))
        self.status = response.status
        self.error = json.loads(response.body)["error"]


class Puller:
    """The subscription `name` at a hub."""

    def __init__(self, hub, name, token=None):
        self.hub = hub
        self.name = name
        self.token = token

    def act(self, action, **fields):
        """The parsed response; PullError unless it is a 200."""
        return act(self.hub, action, self.token, id=self.name, **fields)

    def add(self, **fields):
        return self.act("add", **fields)

    def get(self, timeout=None, **fields):
        if timeout is not None:
            fields["timeout"] = timeout
        return self.act("getMessages", **fields)

    def messages(self, timeout=None, **fields):
        return self.get(timeout, **fields)["messages"]

    def drain(self, timeout=0.2, **fields):
        """All messages that come before one call gets none."""
        found = []
        while batch := self.messages(timeout, **fields):
            found += batch
        return found

    def wait(self, timeout, **fields):
        """getMessages in a thread of its own."""
        return Waiting(self, timeout, fields)


class Waiting:
    def __init__(self, puller, timeout, fields):
        self.error = None
        self.response = None
        self._thread = threading.Thread(
            target=self._run, args=(puller, timeout, fields), daemon=True)
        self._thread.start()

    def _run(self, puller, timeout, fields):
        try:
            self.response = puller.get(timeout, **fields)
        except (PullError, OSError) as error:
            self.error = error

    @property
    def over(self):
        return not self._thread.is_alive()

    def result(self, seconds=30):
        """The response, once it is there; raises what was raised."""
        self._thread.join(seconds)
        assert self.over, "no response"
        if self.error is not None:
            raise self.error
        return self.response


def post(hub, body, token=None, headers=None, path=PATH):
    """The bare response to a body: bytes, or what is made JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return hub.request("POST", path, body, headers)


def act(hub, action, token=None, **fields):
    response = post(hub, {"action": action, **fields}, token)
    if response.status != 200:
        raise PullError(response)
    return json.loads(response.body)


def waiting(system):
    """How many requests wait for messages at the hub that was started last."""
    return system.program("hub").metric("websubd_hub_pull_waiting")
