"""A scripted subscriber: callbacks that answer as the test says and remember
what they got.

    callback = Subscriber().callback("/a", answers=[500, 200])

answers the first delivery with 500, the second with 200 and every later one
with its `default`, which is 204.  A delivery knows the status that it was
answered with (`answered`).  `confirm` scripts the challenges in the same way, with functions
such as echo, wrong or status(404).
"""

import hashlib
import hmac
import threading
import urllib.parse

from support.httpd import Answer, Server
from support.wait import DEADLINE_S, wait_until


def echo(challenge):
    """Confirms."""
    return Answer(200, challenge)


def wrong(challenge):
    return Answer(200, b"0" * len(challenge))


def with_newline(challenge):
    return Answer(200, challenge + b"\n")


def status(code, headers=None):
    """Sends the right challenge under the given status."""
    return lambda challenge: Answer(code, challenge, headers)


def held(gate, then=echo):
    """Holds the answer back until the gate is opened."""
    def confirm(challenge):
        answer = then(challenge)
        answer.gate = gate
        return answer
    return confirm


def signature(secret, body, method="sha256"):
    """The X-Hub-Signature that a body must carry."""
    digest = hmac.new(secret.encode(), body, getattr(hashlib, method))
    return f"{method}={digest.hexdigest()}"


class Verification:
    """A challenge that was asked."""

    def __init__(self, request):
        self.request = request
        fields = urllib.parse.parse_qsl(request.query, keep_blank_values=True)
        self.fields = dict(fields)  # the last wins: the hub's are appended
        self.challenge = self.fields.get("hub.challenge", "").encode()


class Denial(Verification):
    """A subscription that is denied: a GET without a challenge."""

    def __init__(self, request):
        super().__init__(request)
        self.topic = self.fields.get("hub.topic")
        self.reason = self.fields.get("hub.reason")


class Callback:
    """One callback URL."""

    def __init__(self, url, confirm, answers):
        self.url = url
        self.verifications = []
        self.denials = []
        self.deliveries = []
        self.default = 204
        self._confirm = list(confirm)
        self._answers = list(answers)
        self._denied = []
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            if request.method == "GET":
                return self._challenged(request)
            self.deliveries.append(request)
            answer = (self._answers.pop(0) if self._answers
                      else self.default)
            if not isinstance(answer, Answer):
                answer = Answer(answer)
            request.answered = answer.status
        return answer

    def _challenged(self, request):
        asked = Verification(request)
        if asked.fields.get("hub.mode") == "denied":
            return self._told(Denial(request))
        self.verifications.append(asked)
        confirm = self._confirm.pop(0) if self._confirm else echo
        return confirm(asked.challenge)

    def _told(self, denial):
        self.denials.append(denial)
        answer = self._denied.pop(0) if self._denied else 204
        return answer if isinstance(answer, Answer) else Answer(answer)

    def next_denied(self, *answers):
        """Scripts the answers to the coming denials."""
        self._denied = list(answers)

    def next_confirm(self, *confirm):
        """Scripts the coming challenges."""
        self._confirm = list(confirm)

    def next_answers(self, *answers):
        """Scripts the coming deliveries."""
        self._answers = list(answers)

    def wait_deliveries(self, count=1, seconds=DEADLINE_S):
        """Waits for that many deliveries and returns them all."""
        wait_until(lambda: len(self.deliveries) >= count,
                   f"{count} deliveries at {self.url}", seconds)
        return list(self.deliveries)

    def wait_verifications(self, count=1, seconds=DEADLINE_S):
        wait_until(lambda: len(self.verifications) >= count,
                   f"{count} verifications at {self.url}", seconds)
        return list(self.verifications)

    def wait_denials(self, count=1, seconds=DEADLINE_S):
        wait_until(lambda: len(self.denials) >= count,
                   f"{count} denials at {self.url}", seconds)
        return list(self.denials)

    def bodies(self):
        return [delivery.body for delivery in self.deliveries]


class Subscriber(Server):
    """A server of callbacks."""

    def callback(self, path, query="", confirm=(), answers=()):
        made = Callback(self.url + path + query, confirm, answers)
        self.resources[path] = made
        return made
