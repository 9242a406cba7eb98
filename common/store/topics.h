/* topics.h - what Redis keeps of a topic for its publisher (key topic:TD). */
#ifndef WSUB_STORE_TOPICS_H
#define WSUB_STORE_TOPICS_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/store/topic.h"

struct wsub_last_fetch {
    uint32_t status;   /* of HTTP; 0 when no response came */
    const char *error; /* "" for none; borrowed for the callback */
    uint64_t at_s;     /* Unix time */
    uint32_t failures; /* in a row */
};

/* `fetch` is NULL unless `err` is WSUB_OK.  WSUB_ERR_NOT_FOUND: the topic was
 * never fetched, or its fetches are forgotten. */
typedef void wsub_last_fetch_cb(enum wsub_err err,
                                const struct wsub_last_fetch *fetch, void *arg);

/* Finds how the last fetch of the topic went.  Tried once: `cb` is called once,
 * maybe during this call. */
void wsub_topics_last_fetch(struct wsub_store *store,
                            const struct wsub_topic_ref *ref,
                            wsub_last_fetch_cb *cb, void *arg);

#endif
