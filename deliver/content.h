/* content.h - events, read once for all their jobs.
 *
 *   absent -> loading (log, then kept:E) -> ready -> absent, once unused and
 *                                      '--> absent, when there is no event
 *
 * An event stays while jobs use it and, as long as the unused ones fit into
 * UNUSED_MAX_BYTES, a little longer. */
#ifndef DELIVER_CONTENT_H
#define DELIVER_CONTENT_H

#include <stddef.h>
#include <sys/queue.h>

#include "common/crypto/digest.h"
#include "common/http/trace.h"

struct wsub_store;
struct deliver_content_cache;

struct deliver_content {
    char *topic;                  /* owned */
    char td[WSUB_DIGEST_LEN + 1]; /* the topic's own */
    char *type_header;            /* owned; "Content-Type: ..." */
    char *coding_header;          /* owned; "Content-Encoding: ..." or NULL */
    char *event_header;           /* owned; "Websubd-Event: N-MS-SEQ" */
    const char *event;            /* N-MS-SEQ, within event_header */
    char *link_header; /* owned; "Link: <hub>; rel=\"hub\", <self>; ..." */
    /* Valid, or "": its trace; without a trace it has no state. */
    char traceparent[WSUB_TRACEPARENT_LEN + 1];
    char *state_header; /* owned; "tracestate: ..." or NULL */
    char *body;         /* owned */
    size_t body_len;
};

/* Embedded in whatever wants an event. */
struct deliver_content_wait {
    /* `content` is NULL when there is no such event, or it is malformed.  Else
     * it stays until it is put back. */
    bool is_undecodable; /* then: it is there, and can't be interpreted */
    void (*on_content)(struct deliver_content_wait *wait,
                       const struct deliver_content *content);
    STAILQ_ENTRY(deliver_content_wait) next;
};

struct deliver_content_cache *
deliver_content_cache_new(struct wsub_store *store);
void deliver_content_cache_free(struct deliver_content_cache *cache);

/* Bytes of content that the cache holds, used or not. */
size_t deliver_content_bytes(const struct deliver_content_cache *cache);

/* Gets event `id` of `shard`; on_content is called once, now or later. */
void deliver_content_get(struct deliver_content_cache *cache, unsigned shard,
                         const char *id, struct deliver_content_wait *wait);

/* Begins another use of what is in use. */
const struct deliver_content *
deliver_content_share(const struct deliver_content *content);

/* Writes the TD of a level of the event's topic. */
void deliver_content_td(const struct deliver_content *content, int level,
                        char ret_td[WSUB_DIGEST_LEN + 1]);

/* Ends one use; NULL is fine. */
void deliver_content_put(struct deliver_content_cache *cache,
                         const struct deliver_content *content);

#endif
