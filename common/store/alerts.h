/* alerts.h - what is wrong with the system, in Redis (alerts.lua).
 *
 *   survey of the coordinator --.
 *                               |--> alerts: what is wrong now
 *   conditions that processes --|       '--> notices: each beginning and end
 *   say of themselves           |
 *   processes that died --------'
 *
 * An alert is a kind and a subject: of a kind that is about the system as a whole
 * "".  It lasts from the call that has it to the first that has it no more; that is
 * one episode, with one notice at its beginning and one at its end.  Each kind has
 * a section of that name in docs/RUNBOOK.md. */
#ifndef WSUB_STORE_ALERTS_H
#define WSUB_STORE_ALERTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"

struct wsub_store;

#define WSUB_ALERTS_MAX 200           /* at a time; further ones are left out */
#define WSUB_NOTICES_KEPT 1000        /* about */
#define WSUB_NOTICES_MAX 16           /* in one reading */
#define WSUB_CONDITION_MS 90000       /* for which a condition counts */
#define WSUB_CONDITION_AGAIN_MS 30000 /* after which it is said again */

enum wsub_alert_kind {
    WSUB_ALERT_OLDEST_JOB,
    WSUB_ALERT_LAG,
    WSUB_ALERT_SHARD_WITHOUT_OWNER,
    WSUB_ALERT_NO_PROCESS,
    WSUB_ALERT_INSTANCE_FAILED,
    WSUB_ALERT_SUSPENDED,
    WSUB_ALERT_DEAD_LETTERS,
    WSUB_ALERT_GAP,
    WSUB_ALERT_UNDECODABLE,
    WSUB_ALERT_LEADER_MISMATCH,
    WSUB_ALERT_MEMORY,
    WSUB_ALERT_REDIS_POLICY,
    WSUB_ALERT_REDIS_PERSISTENCE,
    WSUB_ALERT_KEYS_MISSING,
    WSUB_ALERT_KINDS
};

/* "oldest-job", ... */
const char *wsub_alert_name(enum wsub_alert_kind kind);

/* What is wrong by now.  Texts are borrowed. */
struct wsub_alert {
    enum wsub_alert_kind kind;
    const char *subject; /* such as the name of a process; "" */
    const char *detail;  /* a sentence without its end */
};

/* Strings are borrowed for the callback. */
struct wsub_notice {
    const char *id;    /* MS-SEQ */
    const char *state; /* "raised" or "resolved" */
    const char *kind, *subject, *detail;
    uint64_t since_ms; /* Unix; 0 where it is not told */
};

/* `notices` are those that a call has made, or read; NULL unless err is
 * WSUB_OK.  WSUB_ERR_FENCED: the caller is not the coordinator. */
typedef void wsub_notices_cb(enum wsub_err err,
                             const struct wsub_notice *notices, size_t count,
                             void *arg);

/* Says what is wrong, all of it; for the coordinator.  Tried once: `cb` is called
 * once, maybe during the call. */
void wsub_alerts_put(struct wsub_store *store, uint64_t epoch,
                     const struct wsub_alert *alerts, size_t count,
                     wsub_notices_cb *cb, void *arg);

/* Reads the notices that `channel` is to be sent next, and notes that it was sent
 * `sent` (NULL: nothing); for the coordinator.  Tried once. */
void wsub_notices_next(struct wsub_store *store, uint64_t epoch,
                       const char *channel, const char *sent,
                       wsub_notices_cb *cb, void *arg);

/* Says that something is wrong with this process, to be said again each
 * WSUB_CONDITION_AGAIN_MS.  Tried once, and nobody waits for it. */
void wsub_condition_say(struct wsub_store *store,
                        const struct wsub_alert *condition);

/* It is over: at once, not only when it was not said for a while. */
void wsub_condition_end(struct wsub_store *store,
                        const struct wsub_alert *condition);

/* The alerts of now; as notices without id and state, in no order that means
 * anything.  Tried once. */
void wsub_alerts_active(struct wsub_store *store, wsub_notices_cb *cb,
                        void *arg);

/* At most `limit` notices, the newest first, those before `before`, from the
 * newest on with NULL.  Tried once. */
void wsub_notices_list(struct wsub_store *store,
                       const struct wsub_place *before, size_t limit,
                       wsub_notices_cb *cb, void *arg);

#endif
