/* monitor.h - the health monitor: what is wrong in Redis, and its end.
 *
 * It works while this process is the coordinator.
 *
 *   lead, each interval, asked --> walk -> survey -> note --> mend what is due
 *   a pause later, while something is open --> look again -> survey -> note -'
 *
 * A *check* walks all keys (walk.h), looks who works (survey.h), and stores its
 * report with a note of each thing that is wrong.  What is noted for a pause, and
 * still wrong, is mended (mender.h), up to three times a pause apart; then it is
 * given up, with an alert.  Whatever was mended is looked at again after a pause,
 * and only then forgotten.
 *
 * An *fsck* is the same, with rounds of checks until one finds nothing that can
 * still be mended, whether things are mended otherwise or not.
 *
 * Nothing is kept here that counts: attempts, what operators ask for and how far
 * an fsck is are in Redis, and another coordinator goes on with them. */
#ifndef SPREADER_HEALTH_MONITOR_H
#define SPREADER_HEALTH_MONITOR_H

#include <stdint.h>

struct event_base;
struct spread_monitor;
struct wsub_config;
struct wsub_store;

struct spread_monitor_options {
    struct event_base *base;          /* borrowed; outlives the monitor */
    struct wsub_store *store;         /* borrowed; outlives the monitor */
    const struct wsub_config *config; /* borrowed; outlives the monitor */
    /* A shard with work has no owner: somebody should look. */
    void (*on_unowned)(void *arg);
    void *arg;
};

struct spread_monitor *
spread_monitor_new(const struct spread_monitor_options *options);
/* After wsub_store_close(). */
void spread_monitor_free(struct spread_monitor *monitor);

/* The process is the coordinator, under this epoch, or is it no more: for
 * coordinator.h. */
void spread_monitor_lead(uint64_t epoch, void *monitor);
void spread_monitor_lost(void *monitor);

/* An operator may have asked for something. */
void spread_monitor_wake(struct spread_monitor *monitor);

#endif
