/* poll.h - one request for messages (`getMessages`), from its begin to its end.
 *
 *                     .--- another poll was faster, or holds what it took
 *                     v                               |
 *   start ---> BEGINNING ---> GATHERING ---> TAKING --+--> WRITING
 *               | 404, 503     | time is over           404, 503 |
 *               v              v                                 v
 *             (over)         ENDING ----> 200, 404, 503        ENDING ---> (over)
 *
 * What is taken is received when its response was written, and not before: should
 * the client have gone, or this process die, it is handed out again.  A client
 * that goes while its poll waits takes nothing.  subscription_store.h says what the
 * steps mean. */
#ifndef HUB_PULL_POLL_H
#define HUB_PULL_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/store/place.h"

struct hub_pull;
struct hub_pull_poll;
struct wsub_http_request;

struct hub_pull_topics;

struct hub_pull_poll_options {
    /* May be NULL.  Once the topics of the subscription are known: whether the client may have
     * them; else it has responded. */
    bool (*may_have)(struct wsub_http_request *req,
                     const struct hub_pull_topics *topics, void *arg);
    void *arg;           /* borrowed; outlives the poll */
    const char *id;      /* of the subscription; copied */
    uint64_t timeout_ms; /* 0: what there is, at once */
    uint32_t max;        /* messages */
    bool as_object;      /* see message.h */
    bool has_after;
    struct wsub_place after; /* acknowledges up to this event */
};

/* Responds to the request, sooner or later. */
void hub_pull_poll_start(struct hub_pull *pull, struct wsub_http_request *req,
                         const struct hub_pull_poll_options *options);

/* Nobody waits any more: all get what there is. */
void hub_pull_polls_drain(struct hub_pull *pull);

/* Once the store was closed and the server freed: frees all. */
void hub_pull_polls_free(struct hub_pull *pull);

#endif
