/* repairs.h - the health monitor mends one thing (health_repair.lua,
 * health_count.lua, health_slot.lua, groups.lua).
 *
 * Each looks again in the step that mends, so it is right whoever calls it, and
 * however late.  Each call is sent once; its callback is called once, maybe
 * during the call. */
#ifndef WSUB_STORE_HEALTH_REPAIRS_H
#define WSUB_STORE_HEALTH_REPAIRS_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/store/health/issue.h"

struct wsub_health_cursor;
struct wsub_store;

enum wsub_health_result {
    WSUB_HEALTH_WELL,   /* there is no such issue (any more) */
    WSUB_HEALTH_MENDED, /* it was mended just now */
    WSUB_HEALTH_LEFT,   /* it is still there */
};

typedef void wsub_health_repair_cb(enum wsub_err err,
                                   enum wsub_health_result result, void *arg);

/* Looks at an issue whose action is one of health_repair.lua, and mends it when
 * `mend` says so. */
void wsub_health_repair(struct wsub_store *store,
                        const struct wsub_health_issue *issue, bool mend,
                        wsub_health_repair_cb *cb, void *arg);

/* Counts anew what the issue is about.  `cursor` is its cursor job when it is
 * about one, else NULL. */
void wsub_health_recount(struct wsub_store *store,
                         const struct wsub_health_issue *issue,
                         const struct wsub_health_cursor *cursor,
                         wsub_health_repair_cb *cb, void *arg);

/* Removes the consumer that the issue names, by lane (its key) and name (its
 * member), if it holds nothing. */
void wsub_health_drop_consumer(struct wsub_store *store,
                               const struct wsub_health_issue *issue,
                               wsub_health_repair_cb *cb, void *arg);

/* Makes the groups of the issue's shard that are missing. */
void wsub_health_make_groups(struct wsub_store *store,
                             const struct wsub_health_issue *issue,
                             wsub_health_repair_cb *cb, void *arg);

#endif
