"""What operators order of subscriptions, by the admin API."""

import json

from support.admin import ADMIN


class Orders:
    """Beside a SystemTest whose hub has the admin API."""

    def send(self, path, body, token=ADMIN, kind="application/json"):
        headers = {"Content-Type": kind}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return self.system.hub.request("POST", path, body, headers)

    def order(self, what, topic, callback, status=200, **more):
        """What the hub says to an order about one subscription."""
        url = callback if isinstance(callback, str) else callback.url
        answer = self.send(f"/admin/subscriptions/{what}",
                           {"topic": topic, "callback": url, **more})
        self.assertEqual(answer.status, status, answer)
        return json.loads(answer.body) if status < 300 else answer.body
