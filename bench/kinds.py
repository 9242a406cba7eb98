"""What a scenario's `kind` names: a generator of rounds.

A round is a dict: `figures` by name; `notes`, what makes them doubtful;
`wrong`, how many deliveries or requests failed; for plots `points`, figures by
x; anything else goes to the JSON as it is."""

import crowd
import deliveries
import fetching
import growth
import intake
import isolation
import pulling
import scale
import spreaders
import topics

KINDS = {
    "deliveries": deliveries.deliveries,
    "processes": deliveries.processes,
    "memory": deliveries.memory,
    "pull": pulling.pull,
    "push": intake.push,
    "subscribe": intake.subscribe,
    "fanout": intake.fanout,
    "spreaders": spreaders.spreaders,
    "isolation": isolation.isolation,
    "growth": growth.growth,
    "crowd": crowd.crowd,
    "backlog": scale.backlog,
    "stored": scale.stored,
    "topics": topics.topics,
    "fetch": fetching.fetch,
}
