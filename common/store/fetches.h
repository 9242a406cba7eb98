/* fetches.h - what Redis keeps of topics that are fetched, for announcements
 * (fetched.lua) and for validations (validated.lua). */
#ifndef WSUB_STORE_FETCHES_H
#define WSUB_STORE_FETCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/countdown.h"
#include "common/store/entry_id.h"
#include "common/store/topic.h"

struct wsub_store;

/* What the last fetch of a topic left for the next one.  Embedded in what
 * fetches; zeroed before the first use. */
struct wsub_fetch_state {
    uint64_t subscribers;                /* at present */
    struct wsub_buf etag, last_modified; /* owned; validators */
    struct wsub_buf source;              /* owned; the URL that gave them */
    /* Owned; digests of the feed entries that were delivered, separated by
     * spaces. */
    struct wsub_buf entries;
    struct wsub_countdown due; /* the call's own */
};

typedef void wsub_fetch_state_cb(void *arg);

/* Reads the state of a topic, in place of what `state` held; repeated until
 * Redis has replied.  `state` stays where it is until `cb` is called, or the
 * store is closed. */
void wsub_fetch_load(struct wsub_store *store, const struct wsub_topic_ref *ref,
                     struct wsub_fetch_state *state, wsub_fetch_state_cb *cb,
                     void *arg);

/* Frees what it holds; not while it is being read. */
void wsub_fetch_state_done(struct wsub_fetch_state *state);

enum wsub_fetch_outcome {
    /* Content that becomes an event, unless its digest is that of the last. */
    WSUB_FETCH_NEW,
    WSUB_FETCH_KNOWN,     /* content of which every feed entry was delivered */
    WSUB_FETCH_UNCHANGED, /* 304 */
    WSUB_FETCH_FAILED,
    WSUB_FETCH_UNNEEDED, /* nothing was fetched: there are no subscribers */
};

/* Strings are "" where there is nothing to say. */
struct wsub_fetched {
    const struct wsub_topic_ref *ref;
    const char *topic;
    enum wsub_fetch_outcome outcome;
    long status; /* of HTTP; 0 for none */
    const char *error;
    const char *etag, *last_modified;
    const char *digest; /* of the content */
    const char *type;
    const char *body; /* of the event; of body_len bytes */
    size_t body_len;
    const char *self;    /* the canonical URL */
    const char *source;  /* the URL that gave the content */
    const char *entries; /* digests of its feed entries */
    uint32_t failures;   /* in a row */
    bool again;          /* fetch once more, after delay_ms */
    uint32_t delay_ms;
    const struct wsub_entry_id *announcements; /* it was for these */
    size_t announcement_count;
};

/* `event` is the id of the event that the content became, NULL for none. */
typedef void wsub_fetched_cb(const char *event, void *arg);

/* Stores what came of a fetch, appends the event, and acknowledges the
 * announcements, in one step; repeated until Redis has replied. */
void wsub_fetched(struct wsub_store *store, const struct wsub_fetched *fetched,
                  wsub_fetched_cb *cb, void *arg);

enum wsub_validation {
    WSUB_VALIDATION_VALID,
    WSUB_VALIDATION_DENIED,
    WSUB_VALIDATION_AGAIN, /* the topic failed for now */
};

/* "valid", "denied" or "again". */
const char *wsub_validation_name(enum wsub_validation outcome);

struct wsub_validated {
    unsigned shard;
    const char *td, *cd; /* of the subscribe request */
    uint64_t generation;
    enum wsub_validation outcome;
    const char *reason; /* of a denial */
    uint32_t delay_ms;  /* until the next fetch, for WSUB_VALIDATION_AGAIN */
    uint32_t failures;  /* in a row */
    const char *topic;
    const char *entry; /* of `pings` */
};

/* `applied` is false when another request has taken the place of this one, or
 * an earlier call has applied the outcome. */
typedef void wsub_validated_cb(bool applied, void *arg);

/* Queues the verification, the denial or the next fetch, and acknowledges the
 * entry, in one step; repeated until Redis has replied. */
void wsub_validated(struct wsub_store *store,
                    const struct wsub_validated *validated,
                    wsub_validated_cb *cb, void *arg);

#endif
