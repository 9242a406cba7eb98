"""Child processes that never outlive the test, even when it is killed."""

import ctypes
import signal

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent():
    """For Popen's preexec_fn: the kernel kills the child when we end."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
