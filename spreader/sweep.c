#include "spreader/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/entry_id.h"
#include "common/store/pull/subscription_store.h"
#include "common/store/sweeps.h"
#include "spreader/clock.h"
#include "spreader/pace.h"
#include "spreader/shard.h"
#include "spreader/stats.h"

#define SWEEP_MS 1000
#define LOOK_MS 500 /* for times that a wrong clock gave, while there is more */
#define IDLE_MS 5000 /* while nothing happens in the shard */
/* Delays that no setting names are shorter. */
#define DELAY_LEAST_MS 60000
#define MOVED_TELL_MS 60000 /* leases that end then ended for that */
#define SWEEP_MOST 32       /* of each kind in one call: 0.8 ms of Redis */

struct shard {
    struct spread_sweeper *sweeper;
    struct spread_shard *shard; /* borrowed */
    struct spread_round round;
    bool busy;                     /* a sweep is under way */
    bool woken;                    /* since it was sent */
    uint64_t looked_ms;            /* when pull_in was sent; our clock */
    struct wsub_entry_id position; /* of the sweep before */
    uint64_t unbegun;              /* events, at the last sweep */
    uint64_t damaged;              /* notes of it */
    struct wsub_entry_id damage;   /* the last one that was told of */
};

struct spread_sweeper {
    struct spread_sweeper_options o;
    struct shard *shards; /* owned */
    struct spread_clock clock;
    uint64_t longest_ms;    /* delay of what waits for its time */
    int64_t moved_ms;       /* by how much Redis' clock was moved last, */
    uint64_t moved_seen_ms; /* and when that was seen; our clock */
};

/* What the process owns together. */
static void set_damaged(struct shard *shard, uint64_t notes)
{
    const struct spread_sweeper *sweeper = shard->sweeper;
    uint64_t all = 0;

    shard->damaged = notes;
    for (unsigned i = 0; i < sweeper->o.shards; i++)
        all += sweeper->shards[i].damaged;
    wsub_metric_set(&spread_stats[SPREAD_STAT_DAMAGED], all);
}

/* Each owner of the shard tells of it once; /admin/damaged has all. */
static void tell_damage(struct shard *shard, const struct wsub_swept *swept)
{
    set_damaged(shard, swept->damaged);
    if (swept->damaged == 0 ||
        strcmp(swept->damage_id, shard->damage.text) == 0)
        return;
    snprintf(shard->damage.text, sizeof(shard->damage.text), "%s",
             swept->damage_id);
    wsub_log_error(
        "damaged", WSUB_KU("shard", shard->shard->owned.shard),
        WSUB_KV("key", swept->damaged_key), WSUB_KV("entry", swept->damage_id),
        WSUB_KU("notes", swept->damaged), WSUB_KE("why", swept->why));
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Until the next sweep. */
static uint64_t pause_ms(struct shard *shard, const struct wsub_swept *swept)
{
    bool moved = strcmp(swept->position, shard->position.text) != 0;

    snprintf(shard->position.text, sizeof(shard->position.text), "%s",
             swept->position);
    if (swept->more)
        return 0;
    if (moved || shard->woken ||
        swept->leases + swept->events + swept->dead_letters > 0)
        return SWEEP_MS;
    return least(IDLE_MS, most(SWEEP_MS / 2, swept->lease_ms));
}

/* Nobody else is told of it: subscriptions end when Redis' clock says so. */
static void tell_leases(const struct shard *shard, uint64_t leases)
{
    const struct spread_sweeper *sweeper = shard->sweeper;
    unsigned number = shard->shard->owned.shard;

    if (leases == 0)
        return;
    if (sweeper->moved_ms > 0 &&
        wsub_now_ms() - sweeper->moved_seen_ms < MOVED_TELL_MS)
        wsub_log_warn("leases-ended", WSUB_KU("shard", number),
                      WSUB_KU("leases", leases),
                      WSUB_KU("clock_moved_ms", sweeper->moved_ms),
                      WSUB_KE("why", "Redis' clock was moved forward"));
    else
        wsub_log_info("leases-ended", WSUB_KU("shard", number),
                      WSUB_KU("leases", leases));
}

static void note_clock(struct shard *shard, uint64_t redis_ms)
{
    struct spread_sweeper *sweeper = shard->sweeper;
    uint64_t now_ms = wsub_now_ms();
    int64_t moved_ms =
        spread_clock_note(&sweeper->clock, shard->looked_ms, now_ms, redis_ms);

    if (moved_ms == 0)
        return;
    sweeper->moved_ms = moved_ms;
    sweeper->moved_seen_ms = now_ms;
    wsub_log_warn("redis-clock-moved", WSUB_KU("by_ms", moved_ms),
                  WSUB_KV("remedy", "keep the clock of Redis' machine by NTP, "
                                    "which moves it slowly"));
}

static void on_pulled_in(enum wsub_err err, const struct wsub_pulled_in *pulled,
                         void *arg)
{
    struct shard *shard = arg;

    if (!spread_shard_replied(shard->shard, err) || err != WSUB_OK)
        return;
    note_clock(shard, pulled->redis_ms);
    if (pulled->members > 0)
        wsub_log_warn("times-pulled-in",
                      WSUB_KU("shard", shard->shard->owned.shard),
                      WSUB_KU("members", pulled->members));
}

static void pull_in(struct shard *shard)
{
    const struct spread_sweeper_options *o = &shard->sweeper->o;
    shard->looked_ms = wsub_now_ms();
    spread_shard_sent(shard->shard);
    wsub_pull_in(o->store,
                 &(struct wsub_pull_in){
                     .shard = shard->shard->owned.shard,
                     .longest_ms = shard->sweeper->longest_ms,
                     .longest_seen_ms =
                         WSUB_PULL_TTL_MAX_S * 1000ULL + WSUB_PULL_WAIT_MAX_MS,
                     .most = SWEEP_MOST,
                 },
                 on_pulled_in, shard);
}

static void on_swept(enum wsub_err err, const struct wsub_swept *swept,
                     void *arg)
{
    struct shard *shard = arg;
    const struct spread_sweeper_options *o = &shard->sweeper->o;

    shard->busy = false;
    spread_round_over(&shard->round);
    if (!spread_shard_replied(shard->shard, err))
        return;
    if (err != WSUB_OK) {
        spread_round_start_ms(&shard->round, SWEEP_MS);
        return;
    }
    wsub_metric_add(&spread_stats[SPREAD_STAT_LEASES_ENDED], swept->leases);
    shard->unbegun = swept->lag;
    tell_leases(shard, swept->leases);
    tell_damage(shard, swept);
    spread_round_start_ms(&shard->round, pause_ms(shard, swept));
    o->on_position(shard->shard->owned.shard, swept->position, o->arg);
}

static void on_round(void *arg)
{
    struct shard *shard = arg;
    const struct spread_sweeper_options *o = &shard->sweeper->o;

    shard->busy = true;
    shard->woken = false;
    if (wsub_now_ms() - shard->looked_ms >= LOOK_MS)
        pull_in(shard);
    spread_shard_sent(shard->shard);
    wsub_sweep(o->store,
               &(struct wsub_sweep){
                   .owned = &shard->shard->owned,
                   .retention_ms = (uint64_t)o->config->retention_s * 1000,
                   .dead_letter_retention_ms =
                       (uint64_t)o->config->dead_letter_retention_s * 1000,
                   .most = SWEEP_MOST,
               },
               on_swept, shard);
}

struct spread_sweeper *
spread_sweeper_new(const struct spread_sweeper_options *options)
{
    struct spread_sweeper *sweeper = wsub_calloc(1, sizeof(*sweeper));

    sweeper->o = *options;
    sweeper->longest_ms = DELAY_LEAST_MS;
    spread_sweeper_allow_delay(sweeper, options->config->retry_cap_ms);
    sweeper->shards = wsub_calloc(options->shards, sizeof(*sweeper->shards));
    for (unsigned i = 0; i < options->shards; i++) {
        sweeper->shards[i].sweeper = sweeper;
        spread_round_init(&sweeper->shards[i].round, options->pace, on_round,
                          &sweeper->shards[i]);
    }
    return sweeper;
}

void spread_sweeper_free(struct spread_sweeper *sweeper)
{
    if (sweeper == NULL)
        return;
    for (unsigned i = 0; i < sweeper->o.shards; i++)
        spread_round_done(&sweeper->shards[i].round);
    free(sweeper->shards);
    free(sweeper);
}

/* The shards' sweeps are spread over a second. */
void spread_sweeper_open(struct spread_sweeper *sweeper,
                         struct spread_shard *open_shard)
{
    unsigned number = open_shard->owned.shard;
    struct shard *shard = &sweeper->shards[number];

    shard->shard = open_shard;
    spread_round_start_ms(&shard->round,
                          SWEEP_MS * (number + 1) / sweeper->o.shards);
}

void spread_sweeper_close(struct spread_sweeper *sweeper, unsigned number)
{
    spread_round_stop(&sweeper->shards[number].round);
    sweeper->shards[number].unbegun = 0;
    set_damaged(&sweeper->shards[number], 0);
}

void spread_sweeper_allow_delay(struct spread_sweeper *sweeper, uint32_t ms)
{
    if (ms > sweeper->longest_ms)
        sweeper->longest_ms = ms;
}

bool spread_sweeper_found_work(const struct spread_sweeper *sweeper)
{
    for (unsigned i = 0; i < sweeper->o.shards; i++)
        if (sweeper->shards[i].unbegun > 0)
            return true;
    return false;
}

/* Most wakes are for other parts: they bring no more than a sweep each second. */
void spread_sweeper_wake(struct spread_sweeper *sweeper, unsigned number)
{
    struct shard *shard = &sweeper->shards[number];
    uint64_t since_ms = wsub_now_ms() - shard->looked_ms;

    shard->woken = true;
    if (!shard->busy)
        spread_round_start_ms(&shard->round,
                              since_ms < SWEEP_MS ? SWEEP_MS - since_ms : 0);
}
