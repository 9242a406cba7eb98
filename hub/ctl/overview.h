/* overview.h - what the admin API says of the whole system, put together for
 * `status` and `top`, and of its spreaders for those who wait for them. */
#ifndef HUB_CTL_OVERVIEW_H
#define HUB_CTL_OVERVIEW_H

#include <stdbool.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "hub/ctl/command.h"

/* Reads it; *ret_root is the caller's:
 *
 *   {"url", "status": "healthy" | "degraded" | "unhealthy", "problems": [TEXT],
 *    "alerts": [an active one of GET /admin/alerts],
 *    "instances": {ROLE: {HEALTH: N}}, "coordinator": NAME | null,
 *    "shards": {"all", "owned", "begun"},
 *    "waiting": {QUEUE: {"entries", "oldest_ms"}},
 *    "failing_hosts": [a row of GET /admin/hosts]}
 *
 * The status is that of GET /healthz?verbose=1, unless what the admin API says is
 * worse; an alert doesn't change it. */
enum hub_ctl_exit hub_ctl_overview(struct hub_ctl *ctl, json_t **ret_root);

/* Whether the work of the spreaders rests: none of them lives, nobody is the
 * coordinator, or shards have no owner.  Then that is added to `reason`. */
bool hub_ctl_spreaders_rest(struct hub_ctl *ctl, struct wsub_buf *reason);

#endif
