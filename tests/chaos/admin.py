"""An operator: requests to the admin API of any hub."""

import http.client
import json

from chaos.fleet import ADMIN, PATIENCE_S
from support.hub import Hub
from support.wait import wait_until

UNAVAILABLE = 503  # Redis is away, or the hub has just started


class Operator:
    """One thread's.  A request meets any hub, which may be down."""

    def __init__(self, fleet, draw):
        self._hubs = [Hub(address) for address in fleet.hubs]
        self._draw = draw

    def request(self, method, path, body=None, match=None, hub=None):
        """The response; None where none came: then it was carried out or
        not."""
        headers = {"Authorization": f"Bearer {ADMIN}",
                   "Accept": "application/json"}
        if match is not None:
            headers["If-Match"] = match
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            return (hub or self._draw.choice(self._hubs)).request(
                method, "/admin/" + path, body, headers)
        except (OSError, http.client.HTTPException):
            return None

    def insist(self, method, path, body=None, match=None):
        """The first response that is not 503; what was carried out may have
        been carried out before."""
        def responded():
            response = self.request(method, path, body, match)
            return (response if response is not None and
                    response.status != UNAVAILABLE else None)
        return wait_until(responded, f"{method} /admin/{path}", PATIENCE_S)

    def get(self, path):
        """The parsed body of a response that must be 200."""
        response = self.insist("GET", path)
        assert response.status == 200, response
        return json.loads(response.body)

    def pages(self, path, name):
        """The rows of all pages."""
        rows, more = [], ""
        while more is not None:
            page = self.get(f"{path}?limit=200{more}")
            rows += page[name]
            more = f"&from={page['next']}" if "next" in page else None
        return rows
