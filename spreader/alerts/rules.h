/* rules.h - which alerts follow from what is known of the system.
 *
 * Pure: no clock, no Redis.  What only a moment tells (an owner that changes, dead
 * letters that come) is in the facts of the survey. */
#ifndef SPREADER_ALERTS_RULES_H
#define SPREADER_ALERTS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/store/alerts.h"
#include "common/store/server_info.h"
#include "common/store/waiting.h"

struct wsub_config;

#define SPREAD_ROLES 3 /* hub, spreader, deliver */

/* A process that says of itself that it has failed. */
struct spread_failed {
    const char *name; /* borrowed */
    const char *why;  /* a few words; const */
};

/* What is known; all is borrowed. */
struct spread_facts {
    unsigned shards;
    const struct wsub_waiting *waiting; /* of each shard */
    const bool *unowned; /* of each: nobody owned it at the last two looks */
    struct wsub_server_info redis;
    uint64_t subscriptions;
    uint64_t live[SPREAD_ROLES]; /* processes */
    const struct spread_failed *failed;
    size_t failed_count;
    bool letters_come, gaps_come; /* in the last minutes */
};

extern const char *const spread_role_names[SPREAD_ROLES];

struct spread_alerts_found {
    struct wsub_alert list[WSUB_ALERTS_MAX];
    size_t count;
    struct wsub_buf texts; /* owned; the details, ended by zero bytes */
    size_t places[WSUB_ALERTS_MAX];
};

/* Fills the zeroed *ret_found; the caller ends it by spread_alerts_found_done(). */
void spread_alert_rules(const struct wsub_config *config,
                        const struct spread_facts *facts,
                        struct spread_alerts_found *ret_found);
void spread_alerts_found_done(struct spread_alerts_found *found);

#endif
