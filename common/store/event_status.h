/* event_status.h - an event, and how its deliveries stand (event_status.lua). */
#ifndef WSUB_STORE_EVENT_STATUS_H
#define WSUB_STORE_EVENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"

struct redisReply;
struct wsub_store;

#define WSUB_EVENT_STATUS_FIELDS 10 /* of lib/event_status.lua */

/* Strings are borrowed for the callback. */
struct wsub_event_status {
    const char *topic;
    const char *type;    /* Content-Type */
    const char *coding;  /* Content-Encoding; "" for none */
    uint64_t body_bytes; /* of the event's */
    const char *body;    /* when it was wanted */
    /* It is not in the log any more, and kept for jobs or dead letters: of its
     * deliveries nothing is known. */
    bool has_left;
    bool fanned_out; /* all its deliveries are posted */
    uint64_t posted; /* of these: */
    uint64_t delivered;
    uint64_t waiting;
    uint64_t dead;
    uint64_t ended; /* without a delivery */
};

/* `status` is NULL unless err is WSUB_OK; WSUB_ERR_NOT_FOUND: it is not in the
 * log, or not any more. */
typedef void wsub_event_status_cb(enum wsub_err err,
                                  const struct wsub_event_status *status,
                                  void *arg);

/* `with_content`: with its body, also when it has left the log and is kept.  Tried
 * once: `cb` is called once, maybe during this call. */
void wsub_event_status(struct wsub_store *store, const struct wsub_place *event,
                       bool with_content, wsub_event_status_cb *cb, void *arg);

/* Reads the fields that lib/event_status.lua has of an event, without its body; for
 * the calls of this folder. */
void wsub_event_status_read(struct redisReply *const *fields,
                            struct wsub_event_status *ret_status);

#endif
