/* registry.h - this process' registration and heartbeat.
 *
 *   start -> register -> read back -> registered -> register again ...
 *               |            '--- not ours: refused
 *               '-- FENCED, refused the first time: refused
 *   registered: a heartbeat each interval --FENCED--> register, under a new
 *               incarnation, unless the name is another process's by now
 *
 * `register` writes heartbeat and record in one step.  How failures are counted
 * and when it is tried again says registration.h. */
#ifndef WSUB_CLUSTER_REGISTRY_H
#define WSUB_CLUSTER_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/cluster/registration.h"
#include "common/http/status.h"
#include "common/store/owners.h"

struct event_base;
struct wsub_beat;
struct wsub_registry;
struct wsub_store;

struct wsub_registry_options {
    struct event_base *base;          /* borrowed; outlives the registry */
    struct wsub_store *store;         /* borrowed; outlives the registry */
    const struct wsub_config *config; /* borrowed; outlives the registry */
    enum wsub_program program;

    /* Verified under an incarnation for the first time; `previous` is the one
     * before it, 0 when there is none. */
    void (*on_registered)(uint64_t previous, void *arg);
    /* It may not go on, as the sentence says; nothing more is sent. */
    void (*on_refused)(const char *sentence, void *arg);
    /* The heartbeat was renewed.  `is_late` is also set when this process could
     * not renew it for too long, or did so for the first time. */
    void (*on_beat)(const struct wsub_beat *beat, void *arg);
    /* The health has changed, by `why` when it got worse. */
    void (*on_change)(enum wsub_health_change change, const char *why,
                      void *arg);
    void *arg;
};

struct wsub_registry *
wsub_registry_new(const struct wsub_registry_options *options);
/* After wsub_store_close(). */
void wsub_registry_free(struct wsub_registry *registry);

/* Where the process is reached. */
struct wsub_registry_addresses {
    const char *status; /* health and metrics; "": nowhere */
    const char *listen; /* of a hub; else NULL */
};

/* The addresses are copied. */
void wsub_registry_start(struct wsub_registry *registry,
                         const struct wsub_registry_addresses *addresses);

/* Registers again within a second; and at once when it never has. */
void wsub_registry_again(struct wsub_registry *registry);

/* Renews the heartbeat in `ms` at the latest. */
void wsub_registry_beat_in(struct wsub_registry *registry, uint64_t ms);

bool wsub_registry_alive(const struct wsub_registry *registry);
bool wsub_registry_ready(const struct wsub_registry *registry,
                         char reason[WSUB_STATUS_REASON_BYTES]);

/* Incarnation 0 before the first registration. */
struct wsub_instance_ref
wsub_registry_ref(const struct wsub_registry *registry);

/* "hub", "spreader" or "deliver". */
const char *wsub_registry_role(const struct wsub_registry *registry);

/* See wsub_member_leave(). */
void wsub_registry_leave(struct wsub_registry *registry, bool restarts,
                         void (*on_left)(void *arg), void *arg);

#endif
