"""Waiting for a condition with a deadline; the tests' only way to wait."""

import time

POLL_S = 0.01
DEADLINE_S = 30.0  # for what takes milliseconds: generous for loaded machines


def wait_until(condition, what, seconds=DEADLINE_S):
    """Returns the first true value of `condition()`; fails the test, saying
    `what` was waited for, when there is none within `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(POLL_S)
