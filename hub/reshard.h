/* reshard.h - the admin API's orders to have another number of shards, and the mover
 * that carries one out (common/reshard/mover.h).
 *
 * Any hub may be the mover: while the data are moved each tries to be, so that one
 * follows when the first one dies. */
#ifndef HUB_RESHARD_H
#define HUB_RESHARD_H

#include <stdbool.h>

#include "common/http/server.h"

struct hub;
struct hub_reshard;
struct wsub_loop;

#define HUB_RESHARD_BODY_MAX_BYTES 256

/* `loop` and `hub` outlive it. */
struct hub_reshard *hub_reshard_new(struct wsub_loop *loop,
                                    const struct hub *hub);
/* First step of taking it down, and the last one; NULL is fine. */
void hub_reshard_close(struct hub_reshard *reshard);
void hub_reshard_free(struct hub_reshard *reshard);

/* The hub stays away because the data are moved; called each second. */
void hub_reshard_moving(struct hub_reshard *reshard);

/* The hub does not stay away any more. */
void hub_reshard_over(struct hub_reshard *reshard);

/* Redis has another number of shards than the hub, which restarts: at once, or when
 * it is no mover any more. */
void hub_reshard_layout_is_old(struct hub_reshard *reshard);

/* Whether this hub is the mover: then it restarts at the end by itself. */
bool hub_reshard_is_mover(const struct hub_reshard *reshard);

/* GET and POST /admin/reshard; `hub` is a struct hub. */
void hub_reshard_get(struct wsub_http_request *req, void *hub);
void hub_reshard_order(struct wsub_http_request *req, void *hub);
bool hub_reshard_may_order(struct wsub_http_request *req, void *hub);

#endif
