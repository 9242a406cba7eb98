/* fetches.h - topics that are fetched: which ones are to be (take.lua), and what
 * came of it, for announcements (fetch_state.lua, fetched.lua) and for validations
 * (validated.lua), or that nothing did for now (postpone.lua).
 *
 * What is taken stays noted in Redis until its end is, so that the next owner of
 * the shard fetches it again.  WSUB_ERR_FENCED says that there is one. */
#ifndef WSUB_STORE_FETCHES_H
#define WSUB_STORE_FETCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/store/owners.h"
#include "common/store/topic.h"

struct wsub_store;

enum wsub_wanted_kind {
    WSUB_WANTED_ANNOUNCED,
    WSUB_WANTED_VALIDATION, /* before a subscribe request is verified */
    WSUB_WANTED_KINDS
};

/* A topic to fetch; strings are borrowed for the callback. */
struct wsub_wanted {
    const char *member; /* how Redis names it; its end is the topic */
    const char *topic;
    enum wsub_wanted_kind kind;
    uint32_t failures; /* in a row */
    bool did_well;     /* the last fetch of an announced topic */
    uint64_t question; /* which has taken it: the caller knows its number */
    /* Of a validation: TD, CD and generation of the request. */
    char td[WSUB_DIGEST_LEN + 1], cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation;
};

struct wsub_taken {
    enum wsub_err err;
    const struct wsub_wanted *wanted; /* borrowed for the callback */
    size_t count;
    bool later;       /* others of a kind that was asked for wait */
    uint64_t next_ms; /* until the first of them is due */
};

typedef void wsub_taken_cb(const struct wsub_taken *taken, void *arg);

struct wsub_take {
    const struct wsub_owned *owned;
    uint64_t number; /* another one with each question of the same epoch */
    size_t most[WSUB_WANTED_KINDS]; /* of the topics that are due */
};

/* Takes them; repeated until Redis has replied. */
void wsub_fetches_take(struct wsub_store *store, const struct wsub_take *take,
                       wsub_taken_cb *cb, void *arg);

/* Puts back what was taken and is to be fetched in `delay_ms`.  `td` is that of an
 * announced topic, "" of one to validate. */
struct wsub_postponed {
    const struct wsub_owned *owned;
    uint64_t question;
    const char *member;
    const char *td;
    uint64_t delay_ms;
};

typedef void wsub_postponed_cb(enum wsub_err err, void *arg);

/* Repeated until Redis has replied. */
void wsub_fetches_postpone(struct wsub_store *store,
                           const struct wsub_postponed *postponed,
                           wsub_postponed_cb *cb, void *arg);

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
    uint32_t paced_ms;    /* it is not to be fetched before; 0: it is, now */
    bool wanted;          /* by subscriptions, or by who pulls it */
    uint64_t subscribers; /* at present, without who pulls it */
    /* Owned; digest of the content that these have; "" when it is not known. */
    struct wsub_buf have;
    struct wsub_buf etag, last_modified; /* owned; validators */
    struct wsub_buf source;              /* owned; the URL that gave them */
    /* Owned; digests of the feed entries that were delivered, separated by
     * spaces. */
    struct wsub_buf entries;
    /* Owned; the last event of the log if some have not begun, else "". */
    struct wsub_buf unbegun;
};

/* `states` has one for each topic, in their order; what they hold is the caller's
 * to free.  NULL unless `err` is WSUB_OK. */
typedef void wsub_fetch_states_cb(enum wsub_err err,
                                  struct wsub_fetch_state *states, void *arg);

/* Reads the states of `topics`, whose ids are `tds`, each once, which are about to be
 * fetched, and then not for `interval_ms`; repeated until Redis has replied. */
void wsub_fetches_load(struct wsub_store *store, const struct wsub_owned *owned,
                       const char *const tds[], const char *const topics[],
                       size_t count, uint32_t interval_ms,
                       wsub_fetch_states_cb *cb, void *arg);

/* Frees what it holds. */
void wsub_fetch_state_done(struct wsub_fetch_state *state);

enum wsub_fetch_outcome {
    /* Content that becomes an event, unless it is what subscriptions have. */
    WSUB_FETCH_NEW,
    WSUB_FETCH_KNOWN,     /* content of which every feed entry was delivered */
    WSUB_FETCH_UNCHANGED, /* 304 */
    WSUB_FETCH_FAILED,
    WSUB_FETCH_UNNEEDED, /* nothing was fetched: nobody wants it */
};

/* What came of one fetch; strings are "" where there is nothing to say. */
struct wsub_fetched {
    uint64_t question;
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
    uint32_t pace_ms;           /* the topic is not fetched again within */
    const char *have, *unbegun; /* of the state that the fetch began with */
};

/* `events` has for each fetch, in their order, the id of the event that its content
 * became, NULL for none.  NULL unless `err` is WSUB_OK. */
typedef void wsub_fetched_cb(enum wsub_err err, const char *const events[],
                             void *arg);

/* Stores what came of fetches, appends the events, and ends the fetches, in one
 * step; repeated until Redis has replied.  All is borrowed for the call. */
void wsub_fetches_end(struct wsub_store *store, const struct wsub_owned *owned,
                      const struct wsub_fetched fetched[], size_t count,
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
    uint64_t question;
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
