/* heartbeat.h - say each interval that this process lives.
 *
 * It begins with a registration, which is a heartbeat too.  One that is refused
 * says that the incarnation is over; then it rests until the next registration.
 * How long ago the last one was that Redis has confirmed tells whether others may
 * have taken this process for dead. */
#ifndef WSUB_CLUSTER_HEARTBEAT_H
#define WSUB_CLUSTER_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/base/timer.h"
#include "common/store/instances.h"

struct event_base;
struct wsub_store;

struct wsub_heartbeat_options {
    struct event_base *base;          /* borrowed; outlives the heartbeat */
    struct wsub_store *store;         /* borrowed; outlives the heartbeat */
    const struct wsub_config *config; /* borrowed; outlives the heartbeat */
    const char *role;                 /* const */
    /* It was renewed.  `is_late` is also set when this process could not renew it
     * for too long, or did so for the first time. */
    void (*on_beat)(const struct wsub_beat *beat, void *arg);
    void (*on_fenced)(const char *why, void *arg);
    void *arg;
};

/* Embedded; its fields are its own. */
struct wsub_heartbeat {
    struct wsub_heartbeat_options o;
    struct wsub_timer next;
    uint64_t incarnation;  /* 0: it rests */
    bool is_sent;          /* a heartbeat has no reply */
    bool was_late;         /* none was confirmed under this incarnation */
    uint64_t sent_ms;      /* the one on its way; our clock */
    uint64_t confirmed_ms; /* the last one; our clock; 0: none */
};

void wsub_heartbeat_init(struct wsub_heartbeat *heartbeat,
                         const struct wsub_heartbeat_options *options);
/* After wsub_store_close(). */
void wsub_heartbeat_done(struct wsub_heartbeat *heartbeat);

/* A registration that was sent at `sent_ms` of our clock has succeeded. */
void wsub_heartbeat_begin(struct wsub_heartbeat *heartbeat,
                          uint64_t incarnation, uint64_t sent_ms);
void wsub_heartbeat_rest(struct wsub_heartbeat *heartbeat);

/* Sends the next one in `ms`, in place of what was planned. */
void wsub_heartbeat_in(struct wsub_heartbeat *heartbeat, uint64_t ms);

/* The last one that was confirmed is younger than heartbeat_timeout_ms. */
bool wsub_heartbeat_fresh(const struct wsub_heartbeat *heartbeat);

#endif
