/* survey.h - what the coordinator looks at for the alerts.
 *
 *   of each shard: what waits, its owner -> the server -> subscriptions ->
 *   processes -> the newest gap -> facts
 *
 * One call after the other, with time for others in between.  A look that Redis
 * refuses or can't be reached for ends the survey without facts; the next one
 * begins anew. */
#ifndef SPREADER_ALERTS_SURVEY_H
#define SPREADER_ALERTS_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "spreader/alerts/rules.h"

struct event_base;
struct spread_alert_survey;
struct wsub_store;

struct spread_alert_survey_options {
    struct event_base *base;  /* borrowed; outlives the survey */
    struct wsub_store *store; /* borrowed; outlives the survey */
    uint32_t heartbeat_timeout_ms;
    /* `facts` is borrowed for the call; NULL: it broke off. */
    void (*on_facts)(const struct spread_facts *facts, void *arg);
    void *arg; /* borrowed; given to on_facts */
};

struct spread_alert_survey *
spread_alert_survey_new(const struct spread_alert_survey_options *options);
/* After wsub_store_close().  NULL is fine. */
void spread_alert_survey_free(struct spread_alert_survey *survey);

/* Begins, unless one is under way. */
void spread_alert_survey_start(struct spread_alert_survey *survey);

/* Another process has done the surveys of before.  `is_told`: it is an alert that
 * shards have no owner, so that one look is enough for those that have none. */
void spread_alert_survey_follow(struct spread_alert_survey *survey,
                                bool is_told);

#endif
