/* replays.h - the replays that there are (common/store/replays.h), for operators.
 *
 * The id of a replay says where it runs: N-... in shard N, all-... in every one. */
#ifndef HUB_REPLAYS_H
#define HUB_REPLAYS_H

#include <stdbool.h>

#include "common/http/route.h"

struct hub;

/* Shards from `first` up to `end`, which is not among them. */
struct hub_replay_shards {
    unsigned first, end;
};

/* Where the replay runs; false when it is no id. */
bool hub_replay_shards(const struct hub *hub, const char *id,
                       struct hub_replay_shards *ret_shards);

/* GET /admin/replay: all of the last day, the newest first. */
wsub_http_handler hub_replays;

/* GET /admin/replay/ID: how far it has come. */
wsub_http_handler hub_replay;

/* POST /admin/replay/ID/cancel */
wsub_http_handler hub_replay_cancel;

#endif
