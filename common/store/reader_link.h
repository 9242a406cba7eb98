/* reader_link.h - a connection for reads that block in Redis, and that can be
 * ended early.
 *
 * Embedded in what reads; zeroed before the first use. */
#ifndef WSUB_STORE_READER_LINK_H
#define WSUB_STORE_READER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/redis/link.h"

struct wsub_store;

struct wsub_reader_link {
    struct wsub_store *store; /* borrowed; outlives the link */
    unsigned shard;
    struct wsub_redis_link *link;     /* owned */
    struct wsub_redis_request client; /* its command owned */
    uint64_t client_id; /* Redis' name for the link; 0: not known */
    void (*on_up)(void *arg);
    void *arg;
};

/* Starts connecting; `on_up` is called whenever the link is up. */
void wsub_reader_link_open(struct wsub_reader_link *link,
                           struct wsub_store *store, unsigned shard,
                           uint32_t block_ms, void (*on_up)(void *arg),
                           void *arg);

/* What is on its way gets WSUB_ERR_UNAVAILABLE before this returns. */
void wsub_reader_link_close(struct wsub_reader_link *link);

/* False when the server can't be asked yet: the link is down, or the store has
 * not checked it (it may be the wrong one). */
bool wsub_reader_link_ready(const struct wsub_reader_link *link);

/* Sends the request's command, which it ends when the link is down (false). */
bool wsub_reader_link_send(struct wsub_reader_link *link,
                           struct wsub_redis_request *request,
                           wsub_redis_cb *cb, void *arg);

/* Ends a read that blocks.  The connection stays, so that an entry that comes at
 * this very moment is not lost on the way; where CLIENT is forbidden the read
 * ends by itself. */
void wsub_reader_link_unblock(struct wsub_reader_link *link);

#endif
