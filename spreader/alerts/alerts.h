/* alerts.h - the coordinator tells what is wrong with the system, once an episode,
 * and that it is over.
 *
 *   each 10 s: survey.h -> rules.h -> alerts in Redis (common/store/alerts.h)
 *                                        '-> notices -> channel.h: the topic hub.alerts
 *                                                  '--> channel.h: alert_url (webhook.h)
 *
 * Each spreader, the coordinator or not, tells what it has counted itself
 * (mismatches.h). */
#ifndef SPREADER_ALERTS_ALERTS_H
#define SPREADER_ALERTS_ALERTS_H

#include <stdint.h>

struct event_base;
struct spread_alerts;
struct wsub_config;
struct wsub_store;

/* All is borrowed and outlives the alerts. */
struct spread_alerts *spread_alerts_new(struct event_base *base,
                                        struct wsub_store *store,
                                        const struct wsub_config *config);
/* After wsub_store_close().  NULL is fine. */
void spread_alerts_free(struct spread_alerts *alerts);

/* The process is the coordinator from now on, or is it no more. */
void spread_alerts_lead(struct spread_alerts *alerts, uint64_t epoch);
void spread_alerts_lost(struct spread_alerts *alerts);

#endif
