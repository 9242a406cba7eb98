/* stats.h - what deliver counts, for /metrics. */
#ifndef DELIVER_STATS_H
#define DELIVER_STATS_H

#include <stdint.h>

enum deliver_stat {
    DELIVER_STAT_DELIVERED,
    DELIVER_STAT_RETRIED,
    DELIVER_STAT_DEAD,
    DELIVER_STAT_GONE,
    DELIVER_STAT_DROPPED,
    DELIVER_STAT_PARKED,
    DELIVER_STAT_PUT_BACK,
    DELIVER_STAT_SUSPENDED,
    DELIVER_STAT_UNPARKED,
    DELIVER_STAT_MISSED,
    DELIVER_STAT_CONFIRMED,
    DELIVER_STAT_REFUSED,
    DELIVER_STAT_VERIFY_RETRIED,
    DELIVER_STAT_DENIAL_TOLD,
    DELIVER_STAT_DENIAL_UNTOLD,
    DELIVER_STAT_DENIAL_RETRIED,
    DELIVER_STAT_SLOTS_USED,
    DELIVER_STAT_HOSTS,
    DELIVER_STAT_BREAKERS_OPEN,
    DELIVER_STAT_HOSTS_WAITING,
    DELIVER_STAT_MAX_
};

void deliver_stats_register(void);
void deliver_stat_add(enum deliver_stat stat);
void deliver_stat_add_many(enum deliver_stat stat, uint64_t count);
void deliver_stat_set(enum deliver_stat stat, uint64_t value);

#endif
