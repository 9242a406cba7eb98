"""A publisher's web server: topics with validators, conditional answers and a
record of who fetched what."""

import threading

from support.httpd import Answer, Server
from support.wait import DEADLINE_S, wait_until


class Topic:
    """One topic URL.  Change `body` with update(); script failures with
    next_answers()."""

    def __init__(self, url, body, content_type, validators, links):
        self.url = url
        self.fetches = []
        self._content_type = content_type
        self._validators = validators
        self._links = links
        self._answers = []
        self._lock = threading.Lock()
        self._version = 0
        self.update(body)

    def update(self, body):
        self._version += 1
        self.body = body

    @property
    def etag(self):
        return f'"v{self._version}"'

    @property
    def last_modified(self):
        return f"Sat, 21 Nov 2026 10:00:{self._version % 60:02d} GMT"

    def next_answers(self, *answers):
        """Scripts the coming fetches; None stands for the usual answer."""
        self._answers = list(answers)

    def __call__(self, request):
        with self._lock:
            self.fetches.append(request)
            scripted = self._answers.pop(0) if self._answers else None
        if isinstance(scripted, int):
            return Answer(scripted)
        return scripted or self.current(request)

    def current(self, request):
        """The usual answer: 304 when nothing changed, else the content."""
        headers = {"Content-Type": self._content_type, **self._links}
        if self._validators:
            headers["ETag"] = self.etag
            headers["Last-Modified"] = self.last_modified
            if request.headers.get("If-None-Match") == self.etag:
                return Answer(304, headers=headers)
        return Answer(200, self.body, headers)

    def wait_fetches(self, count=1, seconds=DEADLINE_S):
        wait_until(lambda: len(self.fetches) >= count,
                   f"{count} fetches of {self.url}", seconds)
        return list(self.fetches)


class Publisher(Server):
    """A server of topics."""

    def topic(self, path, body=b"<feed/>",
              content_type="application/atom+xml; charset=utf-8",
              validators=True, links=None):
        made = Topic(self.url + path, body, content_type, validators,
                     links or {})
        self.resources[path] = made
        return made
