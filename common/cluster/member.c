#include "common/cluster/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/listener.h"
#include "common/cluster/leftovers.h"
#include "common/cluster/reaper.h"
#include "common/cluster/registry.h"
#include "common/cluster/stats.h"
#include "common/store/cluster_events.h"
#include "common/store/instances.h"

#define OWN_AGAIN_MS 500 /* before another try at what the life before held */
#define CONSUMER_BYTES (WSUB_INSTANCE_NAME_BYTES + 24)

struct wsub_member {
    struct wsub_member_options o;
    struct wsub_registry *registry; /* owned */
    struct wsub_listener *listener; /* owned; NULL: there is none */
    char consumer[CONSUMER_BYTES];
    struct wsub_reaper *reaper;  /* owned */
    struct wsub_leftovers own;   /* of the life before this one */
    struct wsub_victim previous; /* that life; incarnation 0: none is known */
    struct wsub_timer own_again;
    bool is_settled; /* nothing is left of it: on_registered was called */
    size_t spreaders, delivers; /* live, by the last heartbeat */
    bool restart_requested;     /* on_restart was called */
};

/* The first time the process may begin; and once more later, as the life before
 * may have claimed something when it was over already. */
static void settled(struct wsub_member *member)
{
    if (member->is_settled)
        return;
    member->is_settled = true;
    if (member->previous.ref.incarnation != 0)
        wsub_timer_start_ms(&member->own_again,
                            member->o.config->heartbeat_timeout_ms);
    if (member->o.on_registered != NULL)
        member->o.on_registered(member->o.arg);
}

static void settle_own(struct wsub_member *member)
{
    if (member->previous.ref.incarnation == 0)
        settled(member);
    else if (!member->own.runs)
        wsub_leftovers_start(&member->own, &member->previous);
}

static void on_own_again(void *arg)
{
    settle_own(arg);
}

static void on_own_left(enum wsub_err err, void *arg)
{
    struct wsub_member *member = arg;

    if (member->own.entries > 0)
        wsub_log_info("handed-over",
                      WSUB_KV("instance", member->previous.ref.name),
                      WSUB_KU("entries", member->own.entries));
    if (err != WSUB_OK ||
        member->own.victim.ref.incarnation != member->previous.ref.incarnation)
        wsub_timer_start_ms(&member->own_again, OWN_AGAIN_MS);
    else
        settled(member);
}

static void on_registered(uint64_t previous, void *arg)
{
    struct wsub_member *member = arg;
    struct wsub_instance_ref me = wsub_registry_ref(member->registry);

    member->previous =
        (struct wsub_victim){.ref = {.name = me.name, .incarnation = previous},
                             .role = wsub_registry_role(member->registry)};
    member->is_settled = false;
    snprintf(member->consumer, sizeof(member->consumer), "%s:%llu", me.name,
             (unsigned long long)me.incarnation);
    settle_own(member);
}

static struct wsub_instance_ref me(void *arg)
{
    const struct wsub_member *member = arg;

    return wsub_registry_ref(member->registry);
}

static void on_removed(const struct wsub_victim *victim, uint64_t entries,
                       void *arg)
{
    (void)victim;
    (void)arg;
    wsub_metric_add(&wsub_cluster_stats[WSUB_CLUSTER_STAT_REMOVED], 1);
    wsub_metric_add(&wsub_cluster_stats[WSUB_CLUSTER_STAT_HANDED_OVER],
                    entries);
}

static void on_refused(const char *sentence, void *arg)
{
    struct wsub_member *member = arg;

    member->o.on_refused(sentence, member->o.arg);
}

/* Whoever counts on the number of spreaders looks again. */
static void count_spreaders(struct wsub_member *member, size_t spreaders)
{
    if (member->spreaders == spreaders)
        return;
    member->spreaders = spreaders;
    if (member->o.on_event != NULL)
        member->o.on_event(NULL, member->o.arg);
}

static void on_beat(const struct wsub_beat *beat, void *arg)
{
    struct wsub_member *member = arg;
    uint64_t next_ms = wsub_reaper_look(member->reaper, beat);

    if (next_ms < member->o.config->heartbeat_interval_ms)
        wsub_registry_beat_in(member->registry, next_ms + 1);
    wsub_metric_set(&wsub_cluster_stats[WSUB_CLUSTER_STAT_HUBS], beat->hubs);
    wsub_metric_set(&wsub_cluster_stats[WSUB_CLUSTER_STAT_SPREADERS],
                    beat->spreaders);
    wsub_metric_set(&wsub_cluster_stats[WSUB_CLUSTER_STAT_DELIVERS],
                    beat->delivers);
    member->delivers = (size_t)beat->delivers;
    count_spreaders(member, (size_t)beat->spreaders);
    if (!beat->wants_restart || member->restart_requested ||
        member->o.on_restart == NULL)
        return;
    member->restart_requested = true;
    member->o.on_restart(member->o.arg);
}

static bool is_me(const struct wsub_member *member,
                  const struct wsub_cluster_event *event)
{
    return event->instance != NULL &&
           strcmp(event->instance, member->o.config->instance_name) == 0;
}

/* The number of spreaders is that of the last heartbeat. */
static bool counts_spreaders(const struct wsub_cluster_event *event)
{
    bool comes_or_goes = event->kind == WSUB_EVENT_INSTANCE_REGISTERED ||
                         event->kind == WSUB_EVENT_INSTANCE_STOPPED ||
                         event->kind == WSUB_EVENT_INSTANCE_REMOVED;

    return comes_or_goes && event->role != NULL &&
           strcmp(event->role, "spreader") == 0;
}

/* Events are hints: each may be about what is over by now. */
static void on_event(const struct wsub_cluster_event *event, void *arg)
{
    struct wsub_member *member = arg;

    if (member->o.program == WSUB_PROGRAM_SPREADER && counts_spreaders(event))
        wsub_registry_beat_in(member->registry, 0);
    if (event->kind == WSUB_EVENT_LEADER_CHANGED)
        wsub_registry_again(member->registry);
    else if (event->kind == WSUB_EVENT_RESTART_REQUESTED &&
             is_me(member, event))
        wsub_registry_beat_in(member->registry, 0); /* it says so too */
    if (member->o.on_event != NULL)
        member->o.on_event(event, member->o.arg);
}

static void on_missed(void *arg)
{
    const struct wsub_member *member = arg;

    if (member->o.on_missed != NULL)
        member->o.on_missed(member->o.arg);
}

/* What is told when the health changes: a log line, and cluster events. */
static const struct {
    enum wsub_log_level level;
    const char *line;
    enum wsub_cluster_event_kind kinds[3];
    size_t kind_count;
} tellings[] = {
    [WSUB_HEALTH_DEGRADED] = {WSUB_LOG_WARN,
                              "instance-degraded",
                              {WSUB_EVENT_INSTANCE_DEGRADED},
                              1},
    [WSUB_HEALTH_FAILED] = {WSUB_LOG_ERROR,
                            "instance-failed",
                            {WSUB_EVENT_REGISTRATION_FAILED,
                             WSUB_EVENT_BREAKER_OPENED, WSUB_EVENT_ALERT},
                            3},
    [WSUB_HEALTH_RECOVERED] = {WSUB_LOG_INFO,
                               "instance-recovered",
                               {WSUB_EVENT_INSTANCE_RECOVERED},
                               1},
    [WSUB_HEALTH_CLOSED] = {WSUB_LOG_INFO,
                            "instance-recovered",
                            {WSUB_EVENT_INSTANCE_RECOVERED,
                             WSUB_EVENT_BREAKER_CLOSED, WSUB_EVENT_ALERT},
                            3},
};

static void tell(struct wsub_member *member, enum wsub_cluster_event_kind kind,
                 const char *detail)
{
    struct wsub_instance_ref me = wsub_registry_ref(member->registry);

    wsub_cluster_event_tell(member->o.store,
                            &(struct wsub_cluster_event){
                                .kind = kind,
                                .instance = me.name,
                                .incarnation = me.incarnation,
                                .role = wsub_registry_role(member->registry),
                                .shard = -1,
                                .detail = detail,
                            });
}

static void on_change(enum wsub_health_change change, const char *why,
                      void *arg)
{
    struct wsub_member *member = arg;

    why = why != NULL ? why : "registered again";
    WSUB_LOG(tellings[change].level, tellings[change].line,
             WSUB_KV("instance", member->o.config->instance_name),
             WSUB_KV("why", why));
    for (size_t i = 0; i < tellings[change].kind_count; i++)
        tell(member, tellings[change].kinds[i], why);
}

struct wsub_member *wsub_member_new(const struct wsub_member_options *options)
{
    struct wsub_member *member = wsub_calloc(1, sizeof(*member));

    member->o = *options;
    wsub_metrics_register(wsub_cluster_stats, WSUB_CLUSTER_STAT_MAX_);
    member->registry = wsub_registry_new(&(struct wsub_registry_options){
        .base = options->base,
        .store = options->store,
        .config = options->config,
        .program = options->program,
        .on_registered = on_registered,
        .on_refused = on_refused,
        .on_beat = on_beat,
        .on_change = on_change,
        .arg = member,
    });
    member->reaper = wsub_reaper_new(&(struct wsub_reaper_options){
        .base = options->base,
        .store = options->store,
        .config = options->config,
        .me = me,
        .on_removed = on_removed,
        .arg = member,
    });
    wsub_leftovers_init(&member->own, options->store, on_own_left, member);
    wsub_timer_init(&member->own_again, options->base, on_own_again, member);
    member->listener = wsub_listener_new(&(struct wsub_listener_options){
        .base = options->base,
        .store = options->store,
        .config = options->config,
        .name = options->config->instance_name,
        .on_event = on_event,
        .on_missed = on_missed,
        .arg = member,
    });
    return member;
}

void wsub_member_free(struct wsub_member *member)
{
    if (member == NULL)
        return;
    wsub_listener_free(member->listener);
    wsub_reaper_free(member->reaper);
    wsub_timer_done(&member->own_again);
    wsub_registry_free(member->registry);
    free(member);
}

void wsub_member_start(struct wsub_member *member,
                       const struct wsub_registry_addresses *addresses)
{
    wsub_registry_start(member->registry, addresses);
}

void wsub_member_redis_up(struct wsub_member *member)
{
    wsub_registry_beat_in(member->registry, 0);
    wsub_registry_again(member->registry);
}

bool wsub_member_ready(const struct wsub_member *member,
                       char reason[WSUB_STATUS_REASON_BYTES])
{
    return wsub_registry_ready(member->registry, reason);
}

bool wsub_member_alive(const struct wsub_member *member)
{
    return member->is_settled && wsub_registry_alive(member->registry);
}

struct wsub_instance_ref wsub_member_ref(const struct wsub_member *member)
{
    return wsub_registry_ref(member->registry);
}

const char *wsub_member_consumer(const struct wsub_member *member)
{
    return member->consumer;
}

size_t wsub_member_spreaders(const struct wsub_member *member)
{
    return member->spreaders;
}

bool wsub_member_lives(const struct wsub_member *member,
                       enum wsub_program program)
{
    if (program == member->o.program)
        return true;
    return program == WSUB_PROGRAM_DELIVER ? member->delivers > 0
                                           : member->spreaders > 0;
}

void wsub_member_leave(struct wsub_member *member, bool restarts,
                       void (*on_left)(void *arg), void *arg)
{
    wsub_reaper_stop(member->reaper);
    wsub_timer_stop(&member->own_again);
    wsub_registry_leave(member->registry, restarts, on_left, arg);
}
