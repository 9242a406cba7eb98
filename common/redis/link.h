/* link.h - one connection to Redis that comes back by itself.
 *
 *   down --connect--> greeting --PONG--> up --error, silence--> down
 *     ^                   '--refused, LOADING, silence--.        |
 *     '------------- backoff 50 ms .. 2 s --------------+--------'
 *
 * A command that is sent gets exactly one callback: with a reply, or with
 * WSUB_ERR_UNAVAILABLE when the connection broke or the answer took longer
 * than the timeout (hiredis 0.14 has no timeouts; a silent connection is
 * dropped, which fails everything behind it too).  What such a command did is
 * unknown: callers repeat only what may be repeated. */
#ifndef WSUB_REDIS_LINK_H
#define WSUB_REDIS_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

#include "common/base/err.h"
#include "common/redis/cmd.h"
#include "common/redis/redis_url.h"

struct event_base;
struct wsub_redis_link;

/* `reply` is valid during the call; NULL exactly when err is
 * WSUB_ERR_UNAVAILABLE.  WSUB_ERR_REFUSED: reply->str is Redis' error. */
typedef void wsub_redis_cb(enum wsub_err err, const struct redisReply *reply,
                           void *arg);

struct wsub_redis_link_options {
    struct event_base *base;          /* borrowed; outlives the link */
    const struct wsub_redis_url *url; /* borrowed; outlives the link */
    uint32_t timeout_ms;              /* for an answer, blocking included */
    void (*on_up)(void *arg);         /* may be NULL */
    void (*on_down)(const char *why, void *arg); /* may be NULL; the first
                                                  * failed try counts too */
    void *arg;
};

/* Starts connecting. */
struct wsub_redis_link *
wsub_redis_link_new(const struct wsub_redis_link_options *options);

/* Every pending command gets WSUB_ERR_UNAVAILABLE before this returns. */
void wsub_redis_link_free(struct wsub_redis_link *link);

bool wsub_redis_link_up(const struct wsub_redis_link *link);

/* Sends `cmd` and takes its memory.  WSUB_ERR_UNAVAILABLE: the link is down,
 * `cb` will not be called. */
enum wsub_err wsub_redis_link_send(struct wsub_redis_link *link,
                                   struct wsub_cmd *cmd, wsub_redis_cb *cb,
                                   void *arg) WSUB_MUST_CHECK;

/* Drops the connection as if it had broken; it is built again at once. */
void wsub_redis_link_break(struct wsub_redis_link *link, const char *why);

#endif
