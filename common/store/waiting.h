/* waiting.h - how much waits in each queue of a shard (waiting.lua).
 *
 * A look costs Redis the same however much waits, some 30 us: a program may make
 * one of each shard every few seconds. */
#ifndef WSUB_STORE_WAITING_H
#define WSUB_STORE_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

/* In the order in which waiting.lua returns them. */
enum wsub_queue {
    WSUB_QUEUE_LOG,         /* events that have not begun */
    WSUB_QUEUE_OPEN,        /* events that have begun and are not finished */
    WSUB_QUEUE_PINGS,       /* announcements of direct producers */
    WSUB_QUEUE_FETCHES,     /* announced topics that are due to be fetched */
    WSUB_QUEUE_VALIDATIONS, /* topics that are due to be looked at */
    /* Entries that are not settled, claimed or not. */
    WSUB_QUEUE_OUTBOX,
    WSUB_QUEUE_BULK,
    WSUB_QUEUE_VERIFY,
    WSUB_QUEUE_RETRY_DUE,   /* members of `retry` whose time has come */
    WSUB_QUEUE_RETRY_LATER, /* the others */
    WSUB_QUEUE_PARKED,      /* jobs whose host or callback has no capacity */
    WSUB_QUEUE_HELD,        /* could not be interpreted, are tried again */
    WSUB_QUEUE_DEAD,        /* dead letters */
    WSUB_QUEUE_SUSPENDED,   /* subscriptions */
    WSUB_QUEUE_PAUSED,      /* subscriptions */
    WSUB_QUEUE_PULL,        /* pull subscriptions */
    WSUB_QUEUE_MAX_
};

struct wsub_waiting {
    struct wsub_queue_waiting {
        uint64_t entries;
        int64_t oldest_ms; /* age of the oldest one; -1: none, or not known */
    } queues[WSUB_QUEUE_MAX_];
    uint64_t subscriptions; /* active ones of the shard */
    uint64_t urls;          /* those to URLs among them */
    uint64_t wildcards; /* those to `*` among them: in their home shard only */
    /* Since the last dead letter came, whether it is there by now or not; -1: none
     * has come. */
    int64_t letter_ms;
};

/* Its name, as metrics and the admin API spell it: "log", "retry_due" .. */
const char *wsub_queue_name(enum wsub_queue queue);

/* Whether an entry's age can be told, without a look at all of them. */
bool wsub_queue_has_age(enum wsub_queue queue);

/* `waiting` is borrowed for the callback, NULL unless err is WSUB_OK. */
typedef void wsub_waiting_cb(enum wsub_err err,
                             const struct wsub_waiting *waiting, void *arg);

/* Tried once: `cb` is called once, maybe during this call. */
void wsub_waiting(struct wsub_store *store, unsigned shard, wsub_waiting_cb *cb,
                  void *arg);

#endif
