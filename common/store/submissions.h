/* submissions.h - how subscribe and unsubscribe requests come in, and how an
 * operator denies subscriptions.
 *
 * Each call is tried once, and its callback is called once, maybe during the
 * call; WSUB_ERR_UNAVAILABLE: what became of it is unknown. */
#ifndef WSUB_STORE_SUBMISSIONS_H
#define WSUB_STORE_SUBMISSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/choices.h"
#include "common/store/topic.h"

struct wsub_store;

/* What becomes of a request once it is stored. */
enum wsub_submission_way {
    WSUB_SUBMISSION_VERIFY,   /* deliver asks the callback */
    WSUB_SUBMISSION_TRUST,    /* it is confirmed as it is stored */
    WSUB_SUBMISSION_VALIDATE, /* the spreader looks at the topic first */
    WSUB_SUBMISSION_DENY,     /* the operator's lists don't let it through */
};

/* All is borrowed for the call. */
struct wsub_submission {
    const struct wsub_topic_ref *ref; /* of the topic */
    const char *cd;                   /* digest of the callback */
    bool subscribe;                   /* else it unsubscribes */
    enum wsub_submission_way way;
    const char *topic;    /* in its normal spelling */
    const char *callback; /* likewise */
    const char *topic_given, *callback_given;
    uint64_t lease_s;
    const char *secret; /* sealed; of secret_len bytes; "-" for none */
    size_t secret_len;
    const char *reason; /* of a denial; else "" */
    bool ordered;       /* its events are to come one at a time, in order */
    struct wsub_choices choices;
    const char *verify_token; /* to be sent back when it is verified; "" */
    const char *client; /* who sent it, without blanks; "-": not counted */
    bool memory_high;   /* only renewals are taken */
    bool is_unbounded;  /* no other bound holds for it: it is an operator's */
    bool only_new;      /* TRUST: a subscription that is there stays as it is */
    /* TRUST: nothing is sent before it is resumed; but for replicas */
    bool is_paused;
};

/* Which bound refuses a request; the numbers are those of request.lua. */
enum wsub_submission_bound {
    WSUB_BOUND_NONE = 0,
    WSUB_BOUND_MEMORY = 16, /* memory_high */
    WSUB_BOUND_PENDING,
    WSUB_BOUND_PENDING_HOST,
    WSUB_BOUND_PENDING_CLIENT,
    WSUB_BOUND_SUBSCRIPTIONS,
    WSUB_BOUND_SUBSCRIPTIONS_HOST,
    WSUB_BOUND_SUBSCRIPTIONS_TOPIC,
    WSUB_BOUND_MAX_
};

/* WSUB_ERR_NOT_FOUND: nothing was to be done: there is nothing to unsubscribe, or
 * what is there stays as it is.  WSUB_ERR_FULL: a bound is reached. */
struct wsub_submitted {
    enum wsub_err err;
    bool was_active;                  /* TRUST: before it was confirmed */
    enum wsub_submission_bound bound; /* FULL */
};

typedef void wsub_submitted_cb(const struct wsub_submitted *submitted,
                               void *arg);

/* Stores the request (request.lua), in place of the one that waits, unless a
 * bound of the settings is reached.  deliver sees to the replicas of one to `*` that
 * is confirmed here. */
void wsub_submissions_add(struct wsub_store *store,
                          const struct wsub_submission *submission,
                          wsub_submitted_cb *cb, void *arg);

/* A page of a topic's subscriptions to be denied; borrowed for the call. */
struct wsub_denial_page {
    const struct wsub_topic_ref *ref;
    const char *topic;  /* in its normal spelling */
    const char *cd;     /* the one callback; NULL: all of them */
    const char *reason; /* "" for none */
    const char *after;  /* CD that the page before ended with; "" at first */
    unsigned limit;     /* subscriptions in the page */
};

/* `ended` subscriptions and requests; `after` is the CD that the next page
 * begins after, "" when this was the last one.  WSUB_ERR_FULL: too many
 * verifications wait. */
typedef void wsub_denied_cb(enum wsub_err err, uint64_t ended,
                            const char *after, void *arg);

/* Ends the subscriptions of the page, and queues what their callbacks are told
 * (deny.lua). */
void wsub_submissions_deny(struct wsub_store *store,
                           const struct wsub_denial_page *page,
                           wsub_denied_cb *cb, void *arg);

#endif
