#include "spreader/duties.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/cluster/coordinator.h"
#include "common/cluster/sites.h"
#include "common/groups/mirror.h"
#include "common/groups/registry.h"
#include "common/store/cluster_events.h"
#include "spreader/alerts/alerts.h"
#include "spreader/health/monitor.h"

struct spread_duties {
    struct wsub_registry_link *registry; /* these are owned */
    struct wsub_coordinator *coordinator;
    struct wsub_sites *sites;
    struct wsub_group_mirror *mirror;
    struct spread_monitor *monitor;
    struct spread_alerts *alerts;
};

static void on_lead(uint64_t epoch, void *arg)
{
    struct spread_duties *duties = arg;

    wsub_group_mirror_look(duties->mirror);
    wsub_sites_look(duties->sites);
    spread_monitor_lead(epoch, duties->monitor);
    spread_alerts_lead(duties->alerts, epoch);
}

static void on_lost(void *arg)
{
    struct spread_duties *duties = arg;

    spread_monitor_lost(duties->monitor);
    spread_alerts_lost(duties->alerts);
}

static uint64_t epoch(void *arg)
{
    const struct spread_duties *duties = arg;

    return wsub_coordinator_epoch(duties->coordinator);
}

static bool is_leader(void *arg)
{
    return epoch(arg) != 0;
}

static void build(struct spread_duties *duties,
                  const struct spread_duties_options *o)
{
    duties->coordinator =
        wsub_coordinator_new(&(struct wsub_coordinator_options){
            .base = o->base,
            .store = o->store,
            .config = o->config,
            .on_lead = on_lead,
            .on_lost = on_lost,
            .arg = duties,
        });
    duties->sites = wsub_sites_new(&(struct wsub_sites_options){
        .base = o->base,
        .store = o->store,
        .config = o->config,
        .epoch = epoch,
        .arg = duties,
    });
    duties->mirror = wsub_group_mirror_new(&(struct wsub_group_mirror_options){
        .base = o->base,
        .store = o->store,
        .registry = wsub_registry_link_store(duties->registry),
        .config = o->config,
        .groups = o->groups,
        .may_write = is_leader,
        .arg = duties,
    });
    duties->monitor = spread_monitor_new(&(struct spread_monitor_options){
        .base = o->base,
        .store = o->store,
        .config = o->config,
        .on_unowned = o->on_unowned,
        .arg = o->arg,
    });
    duties->alerts = spread_alerts_new(o->base, o->store, o->config);
}

enum wsub_err spread_duties_new(const struct spread_duties_options *options,
                                char err_text[256],
                                struct spread_duties **ret_duties)
{
    struct spread_duties *duties = wsub_calloc(1, sizeof(*duties));
    enum wsub_err err =
        wsub_registry_link_new(options->base, options->store, options->config,
                               err_text, &duties->registry);

    if (err != WSUB_OK) {
        free(duties);
        return err;
    }
    build(duties, options);
    *ret_duties = duties;
    return WSUB_OK;
}

void spread_duties_free(struct spread_duties *duties)
{
    if (duties == NULL)
        return;
    wsub_registry_link_close(duties->registry);
    spread_alerts_free(duties->alerts);
    spread_monitor_free(duties->monitor);
    wsub_group_mirror_free(duties->mirror);
    wsub_sites_free(duties->sites);
    wsub_coordinator_free(duties->coordinator);
    wsub_registry_link_free(duties->registry);
    free(duties);
}

void spread_duties_start(struct spread_duties *duties,
                         const struct wsub_instance_ref *me)
{
    wsub_coordinator_start(duties->coordinator, me);
}

void spread_duties_event(struct spread_duties *duties,
                         const struct wsub_cluster_event *event)
{
    if (event->kind == WSUB_EVENT_INSTANCE_STOPPED ||
        event->kind == WSUB_EVENT_INSTANCE_REMOVED)
        wsub_coordinator_look(duties->coordinator);
    if (event->kind == WSUB_EVENT_HEALTH_REQUESTED)
        spread_monitor_wake(duties->monitor);
    wsub_sites_event(duties->sites, event);
}

void spread_duties_stop(struct spread_duties *duties,
                        void (*on_stopped)(void *arg), void *arg)
{
    wsub_coordinator_stop(duties->coordinator, on_stopped, arg);
}
