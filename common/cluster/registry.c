#include "common/cluster/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/heartbeat.h"
#include "common/cluster/stats.h"
#include "common/crypto/digest.h"
#include "common/store/instances.h"
#include "common/store/store.h"

#define AGAIN_WITHIN_MS 1000 /* 1,000 processes don't come at once */
#define HOST_BYTES 256
#define SENTENCE_BYTES 512

struct wsub_registry {
    struct wsub_registry_options o;
    struct wsub_registration state;
    char *status;          /* owned; NULL until the start */
    char *listen;          /* owned; NULL but of a hub */
    char host[HOST_BYTES]; /* that this process runs on */
    uint64_t started_ms;   /* Unix time */

    uint64_t incarnation; /* 0: not registered yet */
    uint64_t previous;    /* before it; 0: none */
    uint64_t verified;    /* the incarnation that was read back last */

    struct wsub_timer next;    /* the next registration */
    struct wsub_timer overdue; /* while one is on its way */
    bool soon;                 /* `next` comes within AGAIN_WITHIN_MS */
    bool under_way;            /* a command of a registration has no reply */
    bool is_overdue;           /* and it counts as failed */
    uint64_t sent_ms;          /* the registration on its way; our clock */

    struct wsub_heartbeat heartbeat;
    bool left; /* nothing more is sent */
    void (*on_left)(void *arg);
    void *left_arg; /* borrowed; given to on_left */
};

static uint32_t random_number(void)
{
    uint32_t random;

    wsub_random(&random, sizeof(random));
    return random;
}

const char *wsub_registry_role(const struct wsub_registry *registry)
{
    return wsub_program_name(registry->o.program) + strlen("websub-");
}

struct wsub_instance_ref wsub_registry_ref(const struct wsub_registry *registry)
{
    return (struct wsub_instance_ref){.name = registry->o.config->instance_name,
                                      .incarnation = registry->incarnation};
}

static bool is_verified(const struct wsub_registry *registry)
{
    return registry->incarnation != 0 &&
           registry->verified == registry->incarnation;
}

bool wsub_registry_alive(const struct wsub_registry *registry)
{
    return is_verified(registry) && wsub_heartbeat_fresh(&registry->heartbeat);
}

bool wsub_registry_ready(const struct wsub_registry *registry,
                         char reason[WSUB_STATUS_REASON_BYTES])
{
    if (is_verified(registry))
        return true;
    snprintf(reason, WSUB_STATUS_REASON_BYTES,
             "the process is not registered yet");
    return false;
}

/* Nothing more is sent. */
static void stop(struct wsub_registry *registry)
{
    registry->left = true;
    wsub_timer_stop(&registry->next);
    wsub_timer_stop(&registry->overdue);
    wsub_heartbeat_rest(&registry->heartbeat);
}

/* It can't go on; the program ends. */
static void refuse(struct wsub_registry *registry, const char *why)
{
    char sentence[SENTENCE_BYTES];

    stop(registry);
    registry->verified = 0;
    snprintf(sentence, sizeof(sentence),
             "this process can't be registered as %s: %s",
             registry->o.config->instance_name, why);
    registry->o.on_refused(sentence, registry->o.arg);
}

static void refuse_name(struct wsub_registry *registry)
{
    wsub_log_error("fenced",
                   WSUB_KV("instance", registry->o.config->instance_name),
                   WSUB_KU("incarnation", registry->incarnation),
                   WSUB_KV("why", "wrong-instance"));
    refuse(registry, "another process has this name by now; give each an "
                     "instance_name of its own");
}

static void plan_next(struct wsub_registry *registry)
{
    if (registry->left || registry->soon)
        return;
    wsub_timer_start_ms(
        &registry->next,
        wsub_registration_delay_ms(&registry->state, random_number()));
}

static void show(enum wsub_cluster_stat stat, uint64_t value)
{
    wsub_metric_set(&wsub_cluster_stats[stat], value);
}

static void show_state(const struct wsub_registry *registry)
{
    bool is_registered = is_verified(registry);
    enum wsub_health health = registry->state.health;

    show(WSUB_CLUSTER_STAT_HEALTHY, is_registered && health == WSUB_HEALTHY);
    show(WSUB_CLUSTER_STAT_DEGRADED, is_registered && health == WSUB_DEGRADED);
    show(WSUB_CLUSTER_STAT_FAILED, is_registered && health == WSUB_FAILED);
    show(WSUB_CLUSTER_STAT_UNREGISTERED, !is_registered);
    show(WSUB_CLUSTER_STAT_INCARNATION, registry->incarnation);
    show(WSUB_CLUSTER_STAT_FAILURES, registry->state.failures);
}

static void tell_change(struct wsub_registry *registry,
                        enum wsub_health_change change, const char *why)
{
    if (change != WSUB_HEALTH_STAYS)
        registry->o.on_change(change, why, registry->o.arg);
}

static void failed(struct wsub_registry *registry, const char *why)
{
    wsub_log_debug("registration-failed", WSUB_KV("why", why));
    tell_change(registry, wsub_registration_failed(&registry->state), why);
    show_state(registry);
    plan_next(registry);
}

static void succeeded(struct wsub_registry *registry)
{
    bool is_new = !is_verified(registry);

    registry->verified = registry->incarnation;
    tell_change(registry, wsub_registration_succeeded(&registry->state), NULL);
    show_state(registry);
    show(WSUB_CLUSTER_STAT_REGISTERED_AT, (uint64_t)time(NULL));
    plan_next(registry);
    if (!is_new)
        return;
    wsub_log_info("registered",
                  WSUB_KV("instance", registry->o.config->instance_name),
                  WSUB_KU("incarnation", registry->incarnation),
                  WSUB_KU("previous", registry->previous));
    registry->o.on_registered(registry->previous, registry->o.arg);
}

/* The reply to a registration's command has come; returns whether the
 * registration goes on. */
static bool end_step(struct wsub_registry *registry)
{
    bool goes_on = !registry->is_overdue && !registry->left;

    registry->under_way = registry->is_overdue = false;
    wsub_timer_stop(&registry->overdue);
    return goes_on;
}

static void on_read_back(enum wsub_err err, uint64_t incarnation, void *arg)
{
    struct wsub_registry *registry = arg;

    if (!end_step(registry))
        return;
    if (err == WSUB_OK && incarnation == registry->incarnation)
        succeeded(registry);
    else if (err == WSUB_OK && incarnation > registry->incarnation)
        refuse_name(registry);
    else
        failed(registry, err == WSUB_OK ? "the record is gone again"
                                        : "the record can't be read back");
}

static void verify(struct wsub_registry *registry)
{
    if (!registry->o.config->enable_registration_verification) {
        end_step(registry);
        succeeded(registry);
        return;
    }
    wsub_instance_read(registry->o.store, registry->o.config->instance_name,
                       on_read_back, registry);
}

/* Also when it counts as failed by now: the incarnation is ours. */
static void take_incarnation(struct wsub_registry *registry,
                             const struct wsub_registered *registered)
{
    if (registered->incarnation != registry->incarnation) {
        registry->incarnation = registered->incarnation;
        registry->previous = registered->previous;
    }
    if (!registry->left)
        wsub_heartbeat_begin(&registry->heartbeat, registry->incarnation,
                             registry->sent_ms);
}

static void refused(struct wsub_registry *registry, enum wsub_err err,
                    const char *why)
{
    if (err == WSUB_ERR_FENCED)
        refuse_name(registry);
    else if (err == WSUB_ERR_REFUSED && registry->incarnation == 0)
        refuse(registry, why);
    else
        failed(registry, why[0] != '\0' ? why : "Redis is not reached");
}

static void on_registered(const struct wsub_registered *registered, void *arg)
{
    struct wsub_registry *registry = arg;

    if (registered->err == WSUB_OK)
        take_incarnation(registry, registered);
    if (registry->is_overdue || registry->left || registered->err != WSUB_OK) {
        if (end_step(registry))
            refused(registry, registered->err, registered->why);
        return;
    }
    verify(registry);
}

/* The process as its record says. */
static struct wsub_instance describe(const struct wsub_registry *registry)
{
    const struct wsub_config *config = registry->o.config;

    return (struct wsub_instance){
        .name = config->instance_name,
        .role = wsub_registry_role(registry),
        .site = config->site,
        .host = registry->host,
        .status = registry->status,
        .listen = registry->listen,
        .public_url = registry->o.program == WSUB_PROGRAM_HUB
                          ? wsub_store_public_url(registry->o.store)
                          : NULL,
        .version = WSUB_VERSION,
        .health = wsub_health_name(registry->state.health),
        .failures = registry->state.failures,
        .pid = (uint64_t)getpid(),
        .started_ms = registry->started_ms,
        .incarnation = registry->incarnation,
        .shards =
            registry->o.program == WSUB_PROGRAM_SPREADER ? config->shards : 0,
    };
}

static void register_now(struct wsub_registry *registry)
{
    struct wsub_instance instance = describe(registry);

    registry->soon = false;
    if (registry->left)
        return;
    if (registry->under_way) { /* overdue: no reply, and no end of the link */
        wsub_timer_start_ms(&registry->next, AGAIN_WITHIN_MS);
        return;
    }
    registry->under_way = true;
    registry->sent_ms = wsub_now_ms();
    wsub_timer_stop(&registry->next);
    wsub_timer_start_ms(&registry->overdue,
                        registry->o.config->verification_timeout_ms);
    wsub_instance_register(registry->o.store, &instance, on_registered,
                           registry);
}

static void on_next(void *arg)
{
    register_now(arg);
}

static void on_overdue(void *arg)
{
    struct wsub_registry *registry = arg;

    registry->is_overdue = true;
    failed(registry, "no reply within verification_timeout_ms");
}

/* The incarnation is over: it goes on under a new one, or not at all. */
static void on_fenced(const char *why, void *arg)
{
    struct wsub_registry *registry = arg;

    wsub_log_warn(
        "fenced", WSUB_KV("instance", registry->o.config->instance_name),
        WSUB_KU("incarnation", registry->incarnation), WSUB_KV("why", why));
    wsub_metric_add(&wsub_cluster_stats[WSUB_CLUSTER_STAT_FENCED], 1);
    registry->verified = 0;
    wsub_heartbeat_rest(&registry->heartbeat);
    show_state(registry);
    if (!registry->under_way)
        register_now(registry);
}

static void on_beat(const struct wsub_beat *beat, void *arg)
{
    struct wsub_registry *registry = arg;

    if (is_verified(registry))
        registry->o.on_beat(beat, registry->o.arg);
}

void wsub_registry_beat_in(struct wsub_registry *registry, uint64_t ms)
{
    wsub_heartbeat_in(&registry->heartbeat, ms);
}

struct wsub_registry *
wsub_registry_new(const struct wsub_registry_options *options)
{
    struct wsub_registry *registry = wsub_calloc(1, sizeof(*registry));

    registry->o = *options;
    registry->started_ms = (uint64_t)time(NULL) * 1000;
    gethostname(registry->host, sizeof(registry->host) - 1);
    wsub_registration_init(&registry->state, options->config);
    wsub_timer_init(&registry->next, options->base, on_next, registry);
    wsub_timer_init(&registry->overdue, options->base, on_overdue, registry);
    wsub_heartbeat_init(&registry->heartbeat,
                        &(struct wsub_heartbeat_options){
                            .base = options->base,
                            .store = options->store,
                            .config = options->config,
                            .role = wsub_registry_role(registry),
                            .on_beat = on_beat,
                            .on_fenced = on_fenced,
                            .arg = registry,
                        });
    return registry;
}

void wsub_registry_free(struct wsub_registry *registry)
{
    if (registry == NULL)
        return;
    wsub_timer_done(&registry->next);
    wsub_timer_done(&registry->overdue);
    wsub_heartbeat_done(&registry->heartbeat);
    free(registry->status);
    free(registry->listen);
    free(registry);
}

void wsub_registry_start(struct wsub_registry *registry,
                         const struct wsub_registry_addresses *addresses)
{
    registry->status = wsub_strdup(addresses->status);
    if (addresses->listen != NULL)
        registry->listen = wsub_strdup(addresses->listen);
    if (wsub_store_up(registry->o.store))
        wsub_registry_again(registry);
}

void wsub_registry_again(struct wsub_registry *registry)
{
    if (registry->status == NULL || registry->left || registry->soon)
        return;
    if (registry->incarnation == 0 && !registry->under_way) {
        register_now(registry);
        return;
    }
    registry->soon = true;
    wsub_timer_start_ms(&registry->next,
                        (uint64_t)AGAIN_WITHIN_MS * random_number() >> 32);
}

static void on_deregistered(enum wsub_err err, void *arg)
{
    struct wsub_registry *registry = arg;

    (void)err; /* then others will remove it */
    registry->on_left(registry->left_arg);
}

void wsub_registry_leave(struct wsub_registry *registry, bool restarts,
                         void (*on_left)(void *arg), void *arg)
{
    struct wsub_instance_ref me = wsub_registry_ref(registry);

    stop(registry);
    if (restarts || registry->incarnation == 0) {
        on_left(arg);
        return;
    }
    registry->on_left = on_left;
    registry->left_arg = arg;
    wsub_instance_deregister(registry->o.store, &me,
                             wsub_registry_role(registry), on_deregistered,
                             registry);
}
