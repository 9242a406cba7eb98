/* channel.h - sends notices somewhere, each at least once and in their order.
 *
 *   read the next ones --> send one --> again, after a pause, when it failed
 *       ^                     '-> done: the next one; the last one is noted with
 *       '------------------------ the next reading
 *
 * How far it is stands in Redis, so the next coordinator goes on there.  A notice
 * that can't be sent for an hour is left out. */
#ifndef SPREADER_ALERTS_CHANNEL_H
#define SPREADER_ALERTS_CHANNEL_H

#include <stdint.h>

#include "common/store/alerts.h"

struct event_base;
struct spread_channel;
struct wsub_store;

struct spread_channel_options {
    struct event_base *base;  /* borrowed; outlives the channel */
    struct wsub_store *store; /* borrowed; outlives the channel */
    const char *name;         /* in Redis; const */
    /* Sends a notice; spread_channel_sent() follows, maybe during the call. */
    void (*send)(const struct wsub_notice *notice, void *arg);
    void *arg; /* borrowed; given to send */
};

struct spread_channel *
spread_channel_new(const struct spread_channel_options *options);
/* After wsub_store_close().  NULL is fine. */
void spread_channel_free(struct spread_channel *channel);

/* The process is the coordinator from now on, or (0) is it no more. */
void spread_channel_lead(struct spread_channel *channel, uint64_t epoch);

/* There may be notices. */
void spread_channel_look(struct spread_channel *channel);

/* What became of the notice that was given to `send`; `why` NULL: it was sent. */
void spread_channel_sent(struct spread_channel *channel, const char *why);

#endif
