#include "common/cluster/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/cluster/listener.h"
#include "common/cluster/registry.h"
#include "common/store/cluster_events.h"
#include "common/store/instances.h"

#define CONSUMER_BYTES (WSUB_INSTANCE_NAME_BYTES + 24)

struct wsub_member {
    struct wsub_member_options o;
    struct wsub_registry *registry; /* owned */
    struct wsub_listener *listener; /* owned; NULL: events are not read */
    char consumer[CONSUMER_BYTES];
    uint64_t previous;      /* the incarnation before; 0: none */
    size_t spreaders;       /* live, by the last heartbeat */
    bool restart_requested; /* on_restart was called */
};

static void on_registered(uint64_t previous, void *arg)
{
    struct wsub_member *member = arg;
    struct wsub_instance_ref me = wsub_registry_ref(member->registry);

    member->previous = previous;
    snprintf(member->consumer, sizeof(member->consumer), "%s:%llu", me.name,
             (unsigned long long)me.incarnation);
    if (member->o.on_registered != NULL)
        member->o.on_registered(member->o.arg);
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

    count_spreaders(member, (size_t)beat->spreaders);
    if (!beat->wants_restart || member->restart_requested ||
        member->o.on_restart == NULL)
        return;
    member->restart_requested = true;
    member->o.on_restart(member->o.arg);
}

/* What is told when the health changes: a log line, and cluster events. */
static const struct {
    enum wsub_log_level level;
    const char *line;
    enum wsub_cluster_event_kind kinds[3];
    size_t kind_count;
} tellings[] = {
    [WSUB_HEALTH_DEGRADED] = {WSUB_LOG_WARN, "instance-degraded",
                              {WSUB_EVENT_INSTANCE_DEGRADED}, 1},
    [WSUB_HEALTH_FAILED] = {WSUB_LOG_ERROR, "instance-failed",
                            {WSUB_EVENT_REGISTRATION_FAILED,
                             WSUB_EVENT_BREAKER_OPENED, WSUB_EVENT_ALERT}, 3},
    [WSUB_HEALTH_RECOVERED] = {WSUB_LOG_INFO, "instance-recovered",
                               {WSUB_EVENT_INSTANCE_RECOVERED}, 1},
    [WSUB_HEALTH_CLOSED] = {WSUB_LOG_INFO, "instance-recovered",
                            {WSUB_EVENT_INSTANCE_RECOVERED,
                             WSUB_EVENT_BREAKER_CLOSED, WSUB_EVENT_ALERT}, 3},
};

static void tell(const struct wsub_member *member,
                 enum wsub_cluster_event_kind kind, const char *detail)
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

/* The number of spreaders is that of the last heartbeat. */
static bool counts_spreaders(const struct wsub_cluster_event *event)
{
    bool comes_or_goes = event->kind == WSUB_EVENT_INSTANCE_REGISTERED ||
                         event->kind == WSUB_EVENT_INSTANCE_STOPPED ||
                         event->kind == WSUB_EVENT_INSTANCE_REMOVED;

    return comes_or_goes && event->role != NULL &&
           strcmp(event->role, "spreader") == 0;
}

static void on_cluster_event(const struct wsub_cluster_event *event, void *arg)
{
    struct wsub_member *member = arg;
    bool is_spreader = member->o.program == WSUB_PROGRAM_SPREADER;

    if (event->kind == WSUB_EVENT_LEADER_CHANGED)
        wsub_registry_again(member->registry);
    if (event->kind == WSUB_EVENT_RESTART_REQUESTED ||
        (is_spreader && counts_spreaders(event)))
        wsub_registry_beat_in(member->registry, 0);
    if (member->o.on_event != NULL)
        member->o.on_event(event, member->o.arg);
}

struct wsub_member *
wsub_member_new(const struct wsub_member_options *options)
{
    struct wsub_member *member = wsub_calloc(1, sizeof(*member));

    member->o = *options;
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
    member->listener = wsub_listener_new(&(struct wsub_listener_options){
        .base = options->base,
        .store = options->store,
        .config = options->config,
        .name = options->config->instance_name,
        .on_event = on_cluster_event,
        .arg = member,
    });
    return member;
}

void wsub_member_free(struct wsub_member *member)
{
    if (member == NULL)
        return;
    wsub_listener_free(member->listener);
    wsub_registry_free(member->registry);
    free(member);
}

void wsub_member_start(struct wsub_member *member, const char *status_address)
{
    wsub_registry_start(member->registry, status_address);
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
    return wsub_registry_alive(member->registry);
}

struct wsub_instance_ref wsub_member_ref(const struct wsub_member *member)
{
    return wsub_registry_ref(member->registry);
}

uint64_t wsub_member_previous(const struct wsub_member *member)
{
    return member->previous;
}

const char *wsub_member_consumer(const struct wsub_member *member)
{
    return member->consumer;
}

size_t wsub_member_spreaders(const struct wsub_member *member)
{
    return member->spreaders;
}

void wsub_member_leave(struct wsub_member *member, bool restarts,
                       void (*on_left)(void *arg), void *arg)
{
    wsub_registry_leave(member->registry, restarts, on_left, arg);
}
