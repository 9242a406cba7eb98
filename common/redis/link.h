/* link.h - one connection to Redis that comes back by itself.
 *
 *   down --> address --> connect --> greeting --PONG--> up --error, silence--.
 *     ^         ^             '--refused, LOADING, silence--.                |
 *     |         '------ another address -------------------+                |
 *     '------------- backoff 50 ms .. 2 s -----------------+----------------'
 *
 * A server that is up and serves nothing (a replica, one that is loading, one of
 * a cluster) is refused: the delay grows with each connection in vain.
 *
 * A request that is sent gets exactly one callback: with a reply, or with
 * WSUB_ERR_UNAVAILABLE when the connection broke or the reply took longer
 * than the timeout (hiredis 0.14 has no timeouts; a silent connection is
 * dropped, which fails everything behind it too).  What such a request did is
 * unknown: callers repeat only what may be repeated. */
#ifndef WSUB_REDIS_LINK_H
#define WSUB_REDIS_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <hiredis/hiredis.h>

#include "common/base/err.h"
#include "common/redis/cmd.h"
#include "common/redis/redis_url.h"

struct event_base;
struct wsub_redis_link;
struct wsub_resolver;

/* `reply` is valid during the call; NULL exactly when err is
 * WSUB_ERR_UNAVAILABLE.  WSUB_ERR_REFUSED: reply->str is Redis' error.
 * WSUB_ERR_FENCED: a script's, which begins with FENCED. */
typedef void wsub_redis_cb(enum wsub_err err, const struct redisReply *reply,
                           void *arg);

/* A command on its way, embedded in whatever sends it. */
struct wsub_redis_request {
    /* Owned by the sender; stays as it is until `cb`, which may end it or send
     * it again. */
    struct wsub_cmd cmd;
    wsub_redis_cb *cb;
    void *arg; /* borrowed; given to cb */

    /* The link's own: */
    struct wsub_redis_link *link;
    uint64_t deadline_ms;
    bool reloaded; /* its script was loaded again */
    TAILQ_ENTRY(wsub_redis_request) next;
};

struct wsub_redis_link_options {
    struct event_base *base;          /* borrowed; outlives the link */
    const struct wsub_redis_url *url; /* borrowed; outlives the link */
    /* Borrowed; outlives the link; needed for a URL with a name. */
    struct wsub_resolver *resolver;
    uint32_t timeout_ms;      /* for a reply, blocking included */
    void (*on_up)(void *arg); /* may be NULL */
    /* May be NULL; the first failed try counts too. */
    void (*on_down)(const char *why, void *arg);
    void *arg;
};

/* Starts connecting. */
struct wsub_redis_link *
wsub_redis_link_new(const struct wsub_redis_link_options *options);

/* Every pending request gets WSUB_ERR_UNAVAILABLE before this returns. */
void wsub_redis_link_free(struct wsub_redis_link *link);

bool wsub_redis_link_up(const struct wsub_redis_link *link);

/* Sends `request`, whose cmd, cb and arg are set.  WSUB_ERR_UNAVAILABLE: the
 * link is down, `cb` will not be called. */
enum wsub_err
wsub_redis_link_send(struct wsub_redis_link *link,
                     struct wsub_redis_request *request) WSUB_MUST_CHECK;

/* Drops the connection as if it had broken; it is built again at once. */
void wsub_redis_link_break(struct wsub_redis_link *link, const char *why);

#endif
