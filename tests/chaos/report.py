"""The table at the end, and what is said of each failure."""

import collections

_SHOWN = 20  # of each kind of failure


def figures_of(options, balance, fleet, killer, churn, posted):
    """What the table shows and the report has, as one dict."""
    count = balance.figures
    done = collections.Counter(mark.kind for mark in fleet.marks)
    return {
        "seed": options.seed,
        "seconds": options.seconds,
        "rate": options.rate,
        "programs": {"hub": options.hubs, "spreader": options.spreaders,
                     "deliver": options.delivers},
        "acts": killer.done,
        "done": dict(done),
        "acts in a fan-out": killer.in_fanout,
        "programs started": len(fleet.programs),
        "subscriptions that came and went": len(churn.made),
        "events accepted": count["accepted"],
        "events without a response": count["maybe"],
        "events not accepted": count["refused"],
        "deliveries expected": count["expected"],
        "deliveries received": count["received"],
        "deliveries beyond": count["allowed"],
        "missing": len(balance.missing),
        "jobs posted": posted.count,
        "posted twice": len(posted.twice),
        "jobs of replays": posted.replayed,
        "repeated as asked": count["repeated"],
        "duplicates": len(balance.duplicates),
        "causes": {cause: n for cause, n in balance.causes.items() if n},
        "first arrivals in order": count["in order"],
        "out of order": len(balance.disordered),
        "fanned out late": len(balance.late),
        "at the wrong place": len(balance.strays),
    }


def details_of(balance, fleet):
    """For the report only: what was done and each duplicate, in seconds
    since the first program started."""
    start = fleet.started

    def since(at):
        return None if at is None else round(at - start, 3)
    return {
        "marks": [[mark.kind, mark.name, since(mark.begin), since(mark.end)]
                  for mark in fleet.marks],
        "duplicates": [
            {"cause": cause, "event": balance.events[number].answer,
             "url": subscription.url, "by": first.by, "at": since(first.at),
             "fate": first.fate, "answered": since(first.answered),
             "again by": again.by, "again at": since(again.at)}
            for cause, subscription, number, first, again
            in balance.duplicates],
    }


_ROWS = (
    ("acts in a fan-out", "on the owner, while a large event was open"),
    ("events accepted", "answered 202"),
    ("events without a response", "stored or not; may arrive"),
    ("events not accepted", "no hub listened"),
    ("deliveries expected", "to subscriptions active before the event"),
    ("deliveries received", "each counted once"),
    ("missing", "must be 0"),
    ("jobs posted", "by begin and page, from the append-only file"),
    ("posted twice", "one event to one callback: must be 0"),
    ("jobs of replays", "by replay_page; they have an account of their own"),
    ("deliveries beyond", "unanswered events, or a subscription's edges"),
    ("repeated as asked", "after 500, 429"),
    ("duplicates", "after a 2xx, or a response that was lost"),
)
_ORDER_ROWS = (
    ("first arrivals in order", "ordered subscriptions, and suspended ones"),
    ("out of order", "must be 0"),
    ("fanned out late", "of ordered subscriptions: must be 0"),
    ("at the wrong place", "must be 0"),
)


def print_table(figures):
    print()
    done = ", ".join(f"{kind} {n}" for kind, n in figures["done"].items())
    print(f"seed {figures['seed']}, {figures['seconds']} s, "
          f"{figures['acts']} acts: {done}")
    for name, about in _ROWS:
        _print_row(name, figures[name], about)
    for cause, n in figures["causes"].items():
        _print_row("", n, cause)
    for name, about in _ORDER_ROWS:
        _print_row(name, figures[name], about)
    print(flush=True)


def print_pulled(pulled):
    """By how it was pulled."""
    for kind, row in pulled.items():
        print(f"  pulled by {kind:8}  " +
              ", ".join(f"{name} {n}" for name, n in row.items()))
    print(flush=True)


def print_operated(operated):
    """What operators had done, and what the health monitor did."""
    for name, row in operated.items():
        print(f"  {name:14}  " +
              (", ".join(f"{what} {n}" for what, n in row.items()) or "-"))
    print(flush=True)


def _print_row(name, value, about):
    print(f"  {name:26} {value:8}  {about}")


def print_failures(balance, posted, unexpected, look_at):
    """Says what failed; returns whether anything did."""
    for event_id, cd in posted.twice[:_SHOWN]:
        print(f"POSTED TWICE: event {event_id} to callback id {cd}")
    for part in posted.torn[:_SHOWN]:
        print(f"FAILED: this transaction's jobs do not add up: {part[:2000]}")
    for subscription, number in balance.missing[:_SHOWN]:
        event = balance.events[number]
        print(f"MISSING: event {number} ({event.answer}, {event.topic}) at "
              f"{subscription.url}, subscribed to {subscription.topic}")
        print("\n".join(look_at(subscription, event)))
    _print_pairs("OUT OF ORDER", balance, balance.disordered)
    _print_pairs("FANNED OUT LATE", balance, balance.late)
    _print_pairs("WRONG PLACE", balance, balance.strays)
    unexplained = balance.unexplained()
    for subscription, number, first, again in unexplained[:_SHOWN]:
        event = balance.events[number]
        print(f"NOT EXPLAINED: event {number} ({event.answer}) at "
              f"{subscription.url}: by {first.by} at {first.at:.3f}, answered "
              f"{first.answered:.3f}, again by {again.by} at {again.at:.3f}")
        print("\n".join(look_at(subscription, event)))
    for text in unexpected[:_SHOWN]:
        print(f"FAILED: {text}")
    return bool(balance.missing or balance.disordered or balance.late or
                balance.strays or posted.twice or posted.torn or unexplained
                or unexpected)


def _print_pairs(title, balance, pairs):
    for subscription, number in pairs[:_SHOWN]:
        event = balance.events[number]
        print(f"{title}: event {number} ({event.answer}, {event.topic}) at "
              f"{subscription.url}")
