#include "common/cluster/reaper.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/leftovers.h"
#include "common/store/removals.h"

#define LOCK_MS 3000
#define EARLY_PART 8 /* of an interval: a look that comes so early counts */
/* A late process judges nobody for two intervals, and not before all have had
 * the time to connect again (common/redis/link.h). */
#define LATE_INTERVALS 2
#define CONNECT_MS 3000

/* A victim with texts of its own. */
struct named_victim {
    struct wsub_victim victim; /* of the texts below */
    char name[WSUB_INSTANCE_NAME_BYTES];
    char role[16];
};

struct wsub_reaper {
    struct wsub_reaper_options o;
    struct named_victim queue[WSUB_VICTIMS_MAX];
    size_t count, at; /* in the queue; they are equal when it is idle */
    struct wsub_leftovers leftovers;
    struct wsub_timer renew; /* of the lock, while it removes */
    size_t renewed_at;       /* the victim of the last renewal */
    uint64_t judges_ms;      /* from when on it judges; our clock */
    uint64_t look_ms;        /* when the next look is due; our clock */
    uint64_t began_ms;       /* with the victim; our clock */
    bool stopped;
};

static void bury_next(struct wsub_reaper *reaper);

static struct wsub_victim *current(struct wsub_reaper *reaper)
{
    return &reaper->queue[reaper->at].victim;
}

static void next_victim(struct wsub_reaper *reaper)
{
    wsub_timer_stop(&reaper->renew);
    reaper->at++;
    bury_next(reaper);
}

static void on_finished(enum wsub_err err, void *arg)
{
    struct wsub_reaper *reaper = arg;
    const struct wsub_victim *victim = current(reaper);

    if (err == WSUB_OK) {
        wsub_log_warn("instance-removed", WSUB_KV("instance", victim->ref.name),
                      WSUB_KU("incarnation", victim->ref.incarnation),
                      WSUB_KV("role", victim->role),
                      WSUB_KU("handed_over", reaper->leftovers.entries),
                      WSUB_KU("ms", wsub_now_ms() - reaper->began_ms));
        reaper->o.on_removed(victim, reaper->leftovers.entries, reaper->o.arg);
    }
    next_victim(reaper);
}

/* Only when all of it worked the record goes. */
static void on_leftovers(enum wsub_err err, void *arg)
{
    struct wsub_reaper *reaper = arg;

    wsub_timer_stop(&reaper->renew);
    if (err == WSUB_OK)
        wsub_removal_finish(reaper->o.store, current(reaper), on_finished,
                            reaper);
    else
        next_victim(reaper);
}

static void on_buried(enum wsub_err err, uint64_t incarnation, void *arg)
{
    struct wsub_reaper *reaper = arg;

    if (err != WSUB_OK || incarnation == 0) {
        next_victim(reaper);
        return;
    }
    current(reaper)->ref.incarnation = incarnation;
    reaper->began_ms = wsub_now_ms();
    wsub_timer_start_ms(&reaper->renew, LOCK_MS / 3);
    wsub_leftovers_start(&reaper->leftovers, current(reaper));
}

/* Somebody else goes on with it by now. */
static void on_renewed(enum wsub_err err, uint64_t incarnation, void *arg)
{
    struct wsub_reaper *reaper = arg;

    if ((err != WSUB_OK || incarnation == 0) &&
        reaper->renewed_at == reaper->at)
        wsub_leftovers_stop(&reaper->leftovers);
}

static void bury(struct wsub_reaper *reaper, wsub_incarnation_cb *cb)
{
    wsub_removal_bury(reaper->o.store,
                      &(struct wsub_burial){
                          .victim = current(reaper),
                          .me = reaper->o.me(reaper->o.arg),
                          .timeout_ms = reaper->o.config->heartbeat_timeout_ms,
                          .lock_ms = LOCK_MS,
                      },
                      cb, reaper);
}

static void on_renew(void *arg)
{
    struct wsub_reaper *reaper = arg;

    reaper->renewed_at = reaper->at;
    wsub_timer_start_ms(&reaper->renew, LOCK_MS / 3);
    bury(reaper, on_renewed);
}

static void bury_next(struct wsub_reaper *reaper)
{
    if (reaper->stopped)
        reaper->at = reaper->count;
    if (reaper->at == reaper->count)
        return;
    bury(reaper, on_buried);
}

static void take_victim(struct named_victim *named,
                        const struct wsub_victim *victim)
{
    snprintf(named->name, sizeof(named->name), "%s", victim->ref.name);
    snprintf(named->role, sizeof(named->role), "%s", victim->role);
    named->victim = (struct wsub_victim){
        .ref = {.name = named->name, .incarnation = victim->ref.incarnation},
        .role = named->role};
}

static void take_victims(struct wsub_reaper *reaper,
                         const struct wsub_beat *beat)
{
    if (reaper->at != reaper->count)
        return; /* the next look finds them again */
    for (size_t i = 0; i < beat->victim_count; i++)
        take_victim(&reaper->queue[i], &beat->victims[i]);
    reaper->count = beat->victim_count;
    reaper->at = 0;
    bury_next(reaper);
}

static bool may_judge(struct wsub_reaper *reaper, const struct wsub_beat *beat,
                      uint64_t now_ms)
{
    uint64_t wait_ms = (uint64_t)LATE_INTERVALS *
                       reaper->o.config->heartbeat_check_interval_ms;

    if (beat->is_late)
        reaper->judges_ms =
            now_ms + (wait_ms > CONNECT_MS ? wait_ms : CONNECT_MS);
    return now_ms >= reaper->judges_ms;
}

uint64_t wsub_reaper_look(struct wsub_reaper *reaper,
                          const struct wsub_beat *beat)
{
    uint64_t interval_ms = reaper->o.config->heartbeat_check_interval_ms;
    uint64_t now_ms = wsub_now_ms();
    uint64_t wait_ms =
        beat->next_ms < interval_ms ? beat->next_ms : interval_ms;

    if (may_judge(reaper, beat, now_ms) &&
        now_ms + interval_ms / EARLY_PART >= reaper->look_ms) {
        take_victims(reaper, beat);
        reaper->look_ms = now_ms + wait_ms;
    }
    return wait_ms;
}

struct wsub_reaper *wsub_reaper_new(const struct wsub_reaper_options *options)
{
    struct wsub_reaper *reaper = wsub_calloc(1, sizeof(*reaper));

    reaper->o = *options;
    wsub_leftovers_init(&reaper->leftovers, options->store, on_leftovers,
                        reaper);
    wsub_timer_init(&reaper->renew, options->base, on_renew, reaper);
    return reaper;
}

void wsub_reaper_free(struct wsub_reaper *reaper)
{
    if (reaper == NULL)
        return;
    wsub_timer_done(&reaper->renew);
    free(reaper);
}

void wsub_reaper_stop(struct wsub_reaper *reaper)
{
    reaper->stopped = true;
}
