#include "common/cluster/coordinator.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/shard_stats.h"
#include "common/store/cluster_events.h"
#include "common/store/store.h"

#define EXTENSIONS 3 /* in the time of a lease */

struct wsub_coordinator {
    struct wsub_coordinator_options o;
    char name[WSUB_INSTANCE_NAME_BYTES];
    struct wsub_instance_ref me; /* name: above */
    struct wsub_timer look;
    uint64_t epoch;    /* 0: somebody else is it */
    uint64_t known_ms; /* when somebody was it, on our own clock */
    bool started;
    bool asking; /* a call is on its way */
    bool nobody; /* told */
    void (*on_stopped)(void *arg);
    void *stopped_arg; /* borrowed; given to on_stopped */
};

static void set_epoch(struct wsub_coordinator *coordinator, uint64_t epoch)
{
    uint64_t before = coordinator->epoch;

    coordinator->epoch = epoch;
    wsub_metric_set(&wsub_shard_stats[WSUB_SHARD_STAT_COORDINATOR], epoch != 0);
    if (epoch != 0)
        coordinator->o.on_lead(epoch, coordinator->o.arg);
    else if (before != 0)
        coordinator->o.on_lost(coordinator->o.arg);
}

static void mismatch(const char *meaning)
{
    wsub_metric_add(&wsub_shard_stats[WSUB_SHARD_STAT_MISMATCHES], 1);
    wsub_log_warn("leader-mismatch", WSUB_KV("meaning", meaning));
}

static void become(struct wsub_coordinator *coordinator, uint64_t epoch)
{
    if (epoch == coordinator->epoch)
        return;
    set_epoch(coordinator, epoch);
    wsub_log_info("coordinator", WSUB_KU("epoch", epoch));
    wsub_cluster_event_tell(coordinator->o.store,
                            &(struct wsub_cluster_event){
                                .kind = WSUB_EVENT_LEADER_CHANGED,
                                .instance = coordinator->me.name,
                                .incarnation = coordinator->me.incarnation,
                                .shard = -1,
                                .epoch = epoch,
                            });
}

/* Redis refuses, or can't be reached: nobody can become it. */
static void unknown(struct wsub_coordinator *coordinator)
{
    uint64_t ms = wsub_now_ms() - coordinator->known_ms;

    if (ms <= coordinator->o.config->shard_lease_ms || coordinator->nobody)
        return;
    coordinator->nobody = true;
    mismatch("nobody has been the coordinator for longer than a lease");
}

static void known(struct wsub_coordinator *coordinator)
{
    coordinator->known_ms = wsub_now_ms();
    coordinator->nobody = false;
}

static void plan(struct wsub_coordinator *coordinator)
{
    const struct wsub_config *config = coordinator->o.config;

    coordinator->asking = false;
    if (coordinator->started)
        wsub_timer_start_ms(&coordinator->look,
                            coordinator->epoch != 0
                                ? config->shard_lease_ms / EXTENSIONS
                                : config->heartbeat_interval_ms);
}

static void on_released(enum wsub_err err, uint64_t epoch, void *arg)
{
    struct wsub_coordinator *coordinator = arg;

    (void)err; /* then it ends by itself, with its lease */
    (void)epoch;
    set_epoch(coordinator, 0);
    coordinator->on_stopped(coordinator->stopped_arg);
}

static void step_down(struct wsub_coordinator *coordinator, uint64_t epoch)
{
    wsub_owner_release(coordinator->o.store, WSUB_SHARD_CLUSTER, epoch,
                       on_released, coordinator);
}

/* The process has become it while it ends. */
static void claimed_late(struct wsub_coordinator *coordinator,
                         const struct wsub_claimed *claimed)
{
    if (claimed->err == WSUB_OK)
        step_down(coordinator, claimed->epoch);
    else
        coordinator->on_stopped(coordinator->stopped_arg);
}

static void on_claimed(const struct wsub_claimed *claimed, void *arg)
{
    struct wsub_coordinator *coordinator = arg;

    if (!coordinator->started) {
        claimed_late(coordinator, claimed);
        return;
    }
    if (claimed->err == WSUB_OK)
        become(coordinator, claimed->epoch);
    if (claimed->err == WSUB_OK || claimed->err == WSUB_ERR_FULL)
        known(coordinator);
    else
        unknown(coordinator);
    plan(coordinator);
}

static void on_extended(enum wsub_err err, uint64_t epoch, void *arg)
{
    struct wsub_coordinator *coordinator = arg;

    (void)epoch;
    if (err == WSUB_ERR_FENCED) {
        set_epoch(coordinator, 0);
        mismatch("this process took itself for the coordinator after its "
                 "lease had ended");
    } else if (err == WSUB_OK) {
        known(coordinator);
    } else {
        unknown(coordinator);
    }
    plan(coordinator);
}

void wsub_coordinator_look(struct wsub_coordinator *coordinator)
{
    const struct wsub_coordinator_options *o = &coordinator->o;

    if (!coordinator->started || coordinator->asking)
        return;
    coordinator->asking = true;
    if (coordinator->epoch != 0)
        wsub_owner_extend(o->store, WSUB_SHARD_CLUSTER, coordinator->epoch,
                          o->config->shard_lease_ms, on_extended, coordinator);
    else
        wsub_owner_claim(o->store, WSUB_SHARD_CLUSTER, &coordinator->me,
                         o->config->shard_lease_ms, on_claimed, coordinator);
}

static void on_look(void *arg)
{
    wsub_coordinator_look(arg);
}

struct wsub_coordinator *
wsub_coordinator_new(const struct wsub_coordinator_options *options)
{
    struct wsub_coordinator *coordinator = wsub_calloc(1, sizeof(*coordinator));

    coordinator->o = *options;
    wsub_timer_init(&coordinator->look, options->base, on_look, coordinator);
    return coordinator;
}

void wsub_coordinator_free(struct wsub_coordinator *coordinator)
{
    if (coordinator == NULL)
        return;
    wsub_timer_done(&coordinator->look);
    free(coordinator);
}

void wsub_coordinator_start(struct wsub_coordinator *coordinator,
                            const struct wsub_instance_ref *me)
{
    snprintf(coordinator->name, sizeof(coordinator->name), "%s", me->name);
    coordinator->me =
        (struct wsub_instance_ref){coordinator->name, me->incarnation};
    coordinator->started = true;
    known(coordinator);
    wsub_coordinator_look(coordinator);
}

uint64_t wsub_coordinator_epoch(const struct wsub_coordinator *coordinator)
{
    return coordinator->epoch;
}

void wsub_coordinator_stop(struct wsub_coordinator *coordinator,
                           void (*on_stopped)(void *arg), void *arg)
{
    coordinator->started = false;
    wsub_timer_stop(&coordinator->look);
    coordinator->on_stopped = on_stopped;
    coordinator->stopped_arg = arg;
    if (coordinator->epoch != 0)
        step_down(coordinator, coordinator->epoch);
    else if (!coordinator->asking) /* else see claimed_late() */
        on_stopped(arg);
}
