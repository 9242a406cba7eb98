"""What no program may write to its log: the secrets and tokens that a test has
given to any.  Every test looks for them when its programs end."""

LEAST = 8  # characters: shorter ones stand in other words

_known = set()


def note(text):
    """`text` is a secret from now on; None, short ones and plain words, which
    stand in lines by themselves, are not."""
    if isinstance(text, str) and len(text) >= LEAST and not text.isalpha():
        _known.add(text)


def note_settings(settings):
    for name, value in settings.items():
        if name.endswith("_token"):
            note(value)


def note_authorization(headers):
    for name, value in dict(headers or {}).items():
        if name.lower() == "authorization":
            note(value.partition(" ")[2])


def found_in(lines):
    """The first line that has one, or None."""
    return next((line for line in lines
                 if any(secret in line for secret in _known)), None)
