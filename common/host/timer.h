/* timer.h - ticks hosts when one of them wants it.
 *
 * A tick makes requests start, which may make a host due once more; so that
 * this never keeps the loop busy, and since what hosts are told may make them
 * due earlier, the timer is set anew at least each 20 ms while any is due. */
#ifndef WSUB_HOST_TIMER_H
#define WSUB_HOST_TIMER_H

#include "common/base/timer.h"

struct wsub_hosts;

/* Plain data. */
struct wsub_host_timer {
    struct wsub_hosts *hosts; /* borrowed; outlives the timer */
    struct wsub_timer timer;  /* owned */
};

void wsub_host_timer_init(struct wsub_host_timer *timer,
                          struct event_base *base);
void wsub_host_timer_done(struct wsub_host_timer *timer);

/* For wsub_hosts_options.on_due; `arg` is the timer, whose `hosts` are set
 * before anything enters them. */
void wsub_host_timer_plan(void *arg);

#endif
