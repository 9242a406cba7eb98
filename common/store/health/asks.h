/* asks.h - what operators ask of the coordinator about the health of Redis, and
 * what it has said (health_ask.lua).
 *
 * Each call is sent once; its callback is called once, maybe during the call. */
#ifndef WSUB_STORE_HEALTH_ASKS_H
#define WSUB_STORE_HEALTH_ASKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/health/issue.h"

struct wsub_store;

/* `number` is that of the check or the fsck.  WSUB_ERR_NOT_FOUND: nothing of the
 * kind is known to be wrong, or an fsck is under way; WSUB_ERR_FULL: too much
 * was asked for. */
typedef void wsub_health_asked_cb(enum wsub_err err, uint64_t number,
                                  void *arg);

/* A check is to be made soon. */
void wsub_health_ask_check(struct wsub_store *store, wsub_health_asked_cb *cb,
                           void *arg);
/* Whether things are mended, by whatever process. */
void wsub_health_ask_cleanup(struct wsub_store *store, bool enabled,
                             wsub_health_asked_cb *cb, void *arg);
/* What an operator has said last of that: "1" or "0"; NULL: nothing, so the settings of
 * the coordinator hold. */
typedef void wsub_health_cleanup_cb(enum wsub_err err, const char *said,
                                    void *arg);
void wsub_health_cleanup(struct wsub_store *store, wsub_health_cleanup_cb *cb,
                         void *arg);
/* Everything is to be looked at, and mended when `repair` says so. */
void wsub_health_ask_fsck(struct wsub_store *store, bool repair,
                          wsub_health_asked_cb *cb, void *arg);
/* One thing is to be mended: shard, key, member and action count. */
void wsub_health_ask_item(struct wsub_store *store,
                          const struct wsub_health_issue *issue,
                          wsub_health_asked_cb *cb, void *arg);

/* The last report, JSON; NULL without any. */
typedef void wsub_health_last_cb(enum wsub_err err, const char *report,
                                 void *arg);
void wsub_health_last(struct wsub_store *store, wsub_health_last_cb *cb,
                      void *arg);

/* The last fsck; `state` is NULL when there was none, `progress` (JSON) while
 * nobody has said how far it is. */
struct wsub_health_fsck {
    uint64_t number;
    const char *state, *progress;
    bool repairs;
};
typedef void wsub_health_fsck_cb(enum wsub_err err,
                                 const struct wsub_health_fsck *fsck,
                                 void *arg);
void wsub_health_fsck(struct wsub_store *store, wsub_health_fsck_cb *cb,
                      void *arg);

#endif
