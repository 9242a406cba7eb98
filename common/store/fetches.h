/* fetches.h - topics that are fetched: which ones are to be (take.lua), and what
 * came of it, for announcements (fetched.lua) and for validations
 * (validated.lua).
 *
 * What is taken stays noted in Redis until its end is, so that the next owner of
 * the shard fetches it again.  WSUB_ERR_FENCED says that there is one. */
#ifndef WSUB_STORE_FETCHES_H
#define WSUB_STORE_FETCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/countdown.h"
#include "common/store/owners.h"
#include "common/store/topic.h"

struct wsub_store;

/* A topic to fetch; strings are borrowed for the callback. */
struct wsub_wanted {
    const char *topic;
    uint32_t failures; /* in a row */
    /* The subscribe request that the topic is to be looked at for: TD, CD and
     * generation; TD is "" of an announcement. */
    char td[WSUB_DIGEST_LEN + 1], cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation;
};

struct wsub_taken {
    enum wsub_err err;
    const struct wsub_wanted *wanted; /* borrowed for the callback */
    size_t count;
    bool later;       /* others wait */
    uint64_t next_ms; /* until the first of them is due */
};

typedef void wsub_taken_cb(const struct wsub_taken *taken, void *arg);

/* Takes up to `most` topics that are due; repeated until Redis has replied.
 * `number` is another one with each question of the same epoch. */
void wsub_fetches_take(struct wsub_store *store, const struct wsub_owned *owned,
                       uint64_t number, size_t most, wsub_taken_cb *cb,
                       void *arg);

/* What direct producers have announced in `pings`; of `count` entries their ids
 * and topics. */
typedef void wsub_announcements_cb(enum wsub_err err, void *arg);

/* Takes the announcements over to the topics to fetch; repeated until Redis has
 * replied. */
void wsub_fetches_announced(struct wsub_store *store,
                            const struct wsub_owned *owned,
                            const char *const entries[],
                            const char *const topics[], size_t count,
                            wsub_announcements_cb *cb, void *arg);

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
    const struct wsub_owned *owned;
    const char *td;
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
};

/* `event` is the id of the event that the content became, NULL for none. */
typedef void wsub_fetched_cb(enum wsub_err err, const char *event, void *arg);

/* Stores what came of a fetch, appends the event, and ends the fetch, in one
 * step; repeated until Redis has replied. */
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
    const struct wsub_owned *owned;
    const char *td, *cd; /* of the subscribe request */
    uint64_t generation;
    enum wsub_validation outcome;
    const char *reason; /* of a denial */
    uint32_t delay_ms;  /* until the next fetch, for WSUB_VALIDATION_AGAIN */
    uint32_t failures;  /* in a row */
    const char *topic;
};

/* `applied` is false when another request has taken the place of this one, or
 * an earlier call has applied the outcome. */
typedef void wsub_validated_cb(enum wsub_err err, bool applied, void *arg);

/* Queues the verification, the denial or the next fetch, and ends this one, in
 * one step; repeated until Redis has replied. */
void wsub_validated(struct wsub_store *store,
                    const struct wsub_validated *validated,
                    wsub_validated_cb *cb, void *arg);

#endif
