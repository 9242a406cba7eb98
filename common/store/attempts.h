/* attempts.h - adds to, and reads, the attempt logs of subscriptions (attempt_log.h).
 *
 *   struct wsub_attempts_add add;
 *   wsub_attempts_begin(&add, store, shard);
 *   wsub_attempts_log(&add, td, cd, &log);     for each
 *   wsub_attempts_send(&add); */
#ifndef WSUB_STORE_ATTEMPTS_H
#define WSUB_STORE_ATTEMPTS_H

#include "common/store/attempt_log.h"
#include "common/store/store.h"

/* Plain data. */
struct wsub_attempts_add {
    struct wsub_store *store; /* borrowed */
    unsigned shard;
    struct wsub_cmd cmd; /* owned until it is sent */
};

void wsub_attempts_begin(struct wsub_attempts_add *add,
                         struct wsub_store *store, unsigned shard);

/* Adds `log` to that of the subscription, which is named once in a call. */
void wsub_attempts_log(struct wsub_attempts_add *add, const char *td,
                       const char *cd, const struct wsub_attempt_log *log);

/* Sends it until Redis has replied: what was added before is skipped. */
void wsub_attempts_send(struct wsub_attempts_add *add);

/* The log is valid during the call; NULL when there is none, or none that can be
 * read. */
typedef void wsub_attempts_cb(const struct wsub_attempt_log *log, void *arg);

/* Asks for the log of a subscription until Redis has replied. */
void wsub_attempts_get(struct wsub_store *store, unsigned shard, const char *td,
                       const char *cd, wsub_attempts_cb *cb, void *arg);

#endif
