/* topic_status.h - how a topic does, for operators (topic_status.lua). */
#ifndef WSUB_STORE_TOPIC_STATUS_H
#define WSUB_STORE_TOPIC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"
#include "common/store/topic.h"

struct wsub_store;

struct wsub_topic_status {
    uint64_t subscriptions;
    bool has_newest;
    struct wsub_place newest; /* event */
    /* Events that were found, of any age, of the last minute and hour. */
    uint64_t kept, last_minute, last_hour;
    uint64_t not_fanned_out;
    uint64_t jobs; /* of these events, that are not settled */
    /* The log was looked at down to this time (Unix); 0: all of it was. */
    uint64_t since_ms;
};

/* NULL unless `err` is WSUB_OK. */
typedef void wsub_topic_status_cb(enum wsub_err err,
                                  const struct wsub_topic_status *status,
                                  void *arg);

/* Looks at a bounded part of the log.  Tried once: `cb` is called once, maybe
 * during this call. */
void wsub_topic_status(struct wsub_store *store,
                       const struct wsub_topic_ref *ref, const char *topic,
                       wsub_topic_status_cb *cb, void *arg);

#endif
