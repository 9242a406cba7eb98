#include "common/cluster/ownership.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/base/timer.h"
#include "common/cluster/fair_share.h"
#include "common/cluster/shard_stats.h"
#include "common/store/cluster_events.h"
#include "common/store/shard_hints.h"
#include "common/store/store.h"

#define EXTENSIONS 3 /* in the time of a lease */
/* Heartbeat intervals that a shard which was handed over may be nobody's, and for
 * which no other one is handed over when nobody has claimed it. */
#define TAKE_BACK_LOOKS 2
#define HOLD_LOOKS 10

enum shard_state {
    SHARD_FREE, /* or somebody else's */
    SHARD_CLAIMING,
    SHARD_OWNED,
    SHARD_ENDING,
    SHARD_RELEASING,
};

static const struct wsub_state states[] = {
    [SHARD_FREE] = {"free", WSUB_BIT(SHARD_CLAIMING)},
    [SHARD_CLAIMING] = {"claiming",
                        WSUB_BIT(SHARD_FREE) | WSUB_BIT(SHARD_OWNED)},
    [SHARD_OWNED] = {"owned", WSUB_BIT(SHARD_ENDING)},
    [SHARD_ENDING] = {"ending",
                      WSUB_BIT(SHARD_RELEASING) | WSUB_BIT(SHARD_FREE)},
    [SHARD_RELEASING] = {"releasing", WSUB_BIT(SHARD_FREE)},
};

struct shard {
    struct wsub_ownership *ownership; /* borrowed; what this is part of */
    struct wsub_owned owned;
    enum shard_state state;
    bool is_lost;   /* while it ends: nothing is left to release */
    bool is_others; /* by the hints; while it is free */
    bool extending; /* a call is on its way */
    struct wsub_timer extend;
};

struct wsub_ownership {
    struct wsub_ownership_options o;
    struct shard *shards; /* owned */
    unsigned count;       /* of them */
    char name[WSUB_INSTANCE_NAME_BYTES];
    struct wsub_instance_ref me; /* name: above */
    size_t spreaders;
    unsigned probed; /* the last shard that was claimed despite its hint */
    struct wsub_timer look;
    bool started, stopping;
    bool looking;    /* the hints are being read */
    bool look_again; /* something has changed since */
    int handed;      /* a surplus shard that nobody has claimed so far; or -1 */
    unsigned handed_looks; /* of our own, since then */
    unsigned held_looks;   /* of our own, until another is handed over */
};

static void enter(struct shard *shard, enum shard_state state)
{
    char name[16];

    snprintf(name, sizeof(name), "%u", shard->owned.shard);
    shard->state = (enum shard_state)wsub_state_enter(states, "shard", name,
                                                      shard->state, state);
}

static void count_owned(const struct wsub_ownership *ownership)
{
    uint64_t owned = 0;

    for (unsigned i = 0; i < ownership->count; i++)
        owned += ownership->shards[i].state == SHARD_OWNED;
    wsub_metric_set(&wsub_shard_stats[WSUB_SHARD_STAT_OWNED], owned);
}

static void tell(const struct shard *shard, enum wsub_cluster_event_kind kind,
                 const char *detail)
{
    const struct wsub_ownership *ownership = shard->ownership;

    wsub_cluster_event_tell(ownership->o.store,
                            &(struct wsub_cluster_event){
                                .kind = kind,
                                .instance = ownership->me.name,
                                .incarnation = ownership->me.incarnation,
                                .shard = (int)shard->owned.shard,
                                .epoch = shard->owned.epoch,
                                .detail = detail,
                            });
}

/* Also while Redis is away: then nothing can be released, and what is owned ends
 * with its lease. */
static bool is_over(const struct wsub_ownership *ownership)
{
    if (!wsub_store_up(ownership->o.store))
        return true;
    for (unsigned i = 0; i < ownership->count; i++)
        if (ownership->shards[i].state != SHARD_FREE)
            return false;
    return true;
}

static void stop_if_over(struct wsub_ownership *ownership)
{
    if (!ownership->stopping || !is_over(ownership))
        return;
    ownership->stopping = false;
    ownership->o.on_stopped(ownership->o.arg);
}

static void shard_free(struct shard *shard)
{
    enter(shard, SHARD_FREE);
    shard->is_others = false;
    stop_if_over(shard->ownership);
}

static void end(struct shard *shard, bool is_lost)
{
    struct wsub_ownership *ownership = shard->ownership;

    wsub_timer_stop(&shard->extend);
    shard->is_lost = is_lost;
    enter(shard, SHARD_ENDING);
    count_owned(ownership);
    ownership->o.on_ending(shard->owned.shard, ownership->o.arg);
}

static void lose(struct shard *shard)
{
    wsub_log_warn("fenced", WSUB_KU("shard", shard->owned.shard),
                  WSUB_KU("epoch", shard->owned.epoch),
                  WSUB_KV("meaning", "the shard was not extended in time, and "
                                     "may be another spreader's"));
    end(shard, true);
}

static void plan_extension(struct shard *shard)
{
    const struct wsub_config *config = shard->ownership->o.config;

    wsub_timer_start_ms(&shard->extend, config->shard_lease_ms / EXTENSIONS);
}

static void on_extended(enum wsub_err err, uint64_t epoch, void *arg)
{
    struct shard *shard = arg;

    (void)epoch;
    shard->extending = false;
    if (shard->state != SHARD_OWNED)
        return;
    if (err == WSUB_ERR_FENCED)
        lose(shard);
    else
        plan_extension(shard);
}

static void on_extend(void *arg)
{
    struct shard *shard = arg;
    const struct wsub_ownership_options *o = &shard->ownership->o;

    shard->extending = true;
    wsub_owner_extend(o->store, shard->owned.shard, shard->owned.epoch,
                      o->config->shard_lease_ms, on_extended, shard);
}

static void own(struct shard *shard, uint64_t epoch)
{
    struct wsub_ownership *ownership = shard->ownership;

    shard->owned.epoch = epoch;
    enter(shard, SHARD_OWNED);
    if (ownership->stopping) {
        end(shard, false);
        return;
    }
    wsub_log_info("shard-claimed", WSUB_KU("shard", shard->owned.shard),
                  WSUB_KU("epoch", epoch));
    wsub_metric_add(&wsub_shard_stats[WSUB_SHARD_STAT_EPOCHS], 1);
    count_owned(ownership);
    wsub_shard_hint_set(ownership->o.store, &shard->owned, &ownership->me);
    tell(shard, WSUB_EVENT_SHARD_CLAIMED, NULL);
    plan_extension(shard);
    ownership->o.on_owned(&shard->owned, ownership->o.arg);
}

static void on_claimed(const struct wsub_claimed *claimed, void *arg)
{
    struct shard *shard = arg;

    if (claimed->err == WSUB_OK) {
        own(shard, claimed->epoch);
        return;
    }
    enter(shard, SHARD_FREE);
    shard->is_others = claimed->err == WSUB_ERR_FULL;
    stop_if_over(shard->ownership);
}

static void claim(struct shard *shard)
{
    struct wsub_ownership *ownership = shard->ownership;

    if (shard->extending) /* of the epoch before */
        return;
    enter(shard, SHARD_CLAIMING);
    wsub_owner_claim(ownership->o.store, shard->owned.shard, &ownership->me,
                     ownership->o.config->shard_lease_ms, on_claimed, shard);
}

static enum wsub_shard_view view_of(const struct shard *shard)
{
    if (shard->state == SHARD_FREE)
        return shard->is_others ? WSUB_SHARD_OTHERS : WSUB_SHARD_FREE;
    return shard->state == SHARD_CLAIMING || shard->state == SHARD_OWNED
               ? WSUB_SHARD_MINE
               : WSUB_SHARD_OTHERS;
}

/* A hint may be wrong: who has fewer than its share asks the rows of shards that
 * are not its own, as many as are missing, in rotation. */
static void probe(struct wsub_ownership *ownership, size_t count)
{
    for (size_t i = 0; i < ownership->count && count > 0; i++) {
        struct shard *shard;

        ownership->probed = (ownership->probed + 1) % ownership->count;
        shard = &ownership->shards[ownership->probed];
        if (shard->state != SHARD_FREE)
            continue;
        claim(shard);
        count--;
    }
}

/* Spreaders that start together begin at shards of their own. */
static size_t first_shard(const struct wsub_ownership *ownership)
{
    assert(ownership->count > 0);
    return (size_t)(ownership->me.incarnation % ownership->count);
}

/* One shard after the other: each is somebody's before the next one. */
static bool may_hand_over(const struct wsub_ownership *ownership)
{
    return ownership->handed < 0 && ownership->held_looks == 0;
}

static void balance(struct wsub_ownership *ownership)
{
    size_t share = wsub_fair_share(ownership->count, ownership->spreaders);
    enum wsub_shard_view *views = wsub_calloc(ownership->count, sizeof(*views));
    unsigned *claims = wsub_calloc(ownership->count, sizeof(*claims));
    size_t count;
    int surplus;

    for (unsigned i = 0; i < ownership->count; i++)
        views[i] = view_of(&ownership->shards[i]);
    count = wsub_fair_share_claims(views, ownership->count, share,
                                   first_shard(ownership), claims);
    surplus = wsub_fair_share_surplus(views, ownership->count, share);
    for (size_t i = 0; i < count; i++)
        claim(&ownership->shards[claims[i]]);
    if (surplus >= 0 && may_hand_over(ownership) &&
        ownership->shards[surplus].state == SHARD_OWNED) {
        ownership->handed = surplus;
        ownership->handed_looks = 0;
        end(&ownership->shards[surplus], false);
    }
    free(views);
    free(claims);
}

static void on_hints(enum wsub_err err, const bool *owned, void *arg)
{
    struct wsub_ownership *ownership = arg;

    ownership->looking = false;
    if (err != WSUB_OK || ownership->stopping || !ownership->started)
        return;
    for (unsigned i = 0; i < ownership->count; i++) {
        struct shard *shard = &ownership->shards[i];

        if (shard->state == SHARD_FREE)
            shard->is_others = owned[i];
        else if (shard->state == SHARD_OWNED && !owned[i])
            wsub_shard_hint_set(ownership->o.store, &shard->owned,
                                &ownership->me); /* it got lost */
    }
    if (ownership->handed >= 0 &&
        ownership->shards[ownership->handed].state == SHARD_FREE &&
        ownership->shards[ownership->handed].is_others)
        ownership->handed = -1;
    balance(ownership);
    if (ownership->look_again)
        wsub_ownership_look(ownership);
}

void wsub_ownership_look(struct wsub_ownership *ownership)
{
    ownership->look_again = ownership->looking;
    if (ownership->looking || !ownership->started)
        return;
    ownership->looking = true;
    wsub_shard_hints(ownership->o.store, on_hints, ownership);
}

/* Shards to the share. */
static size_t missing(const struct wsub_ownership *ownership)
{
    size_t share = wsub_fair_share(ownership->count, ownership->spreaders);
    size_t mine = 0;

    for (unsigned i = 0; i < ownership->count; i++)
        mine += view_of(&ownership->shards[i]) == WSUB_SHARD_MINE;
    return mine < share ? share - mine : 0;
}

/* A shard that was handed over and that nobody wants is taken back: who counts
 * as a spreader may not be able to claim. */
static void take_back(struct wsub_ownership *ownership)
{
    if (ownership->held_looks > 0)
        ownership->held_looks--;
    if (ownership->handed < 0 || ++ownership->handed_looks < TAKE_BACK_LOOKS)
        return;
    if (ownership->shards[ownership->handed].state == SHARD_FREE)
        claim(&ownership->shards[ownership->handed]);
    ownership->handed = -1;
    ownership->held_looks = HOLD_LOOKS;
}

static void on_look(void *arg)
{
    struct wsub_ownership *ownership = arg;

    stop_if_over(ownership);
    if (!ownership->started)
        return;
    take_back(ownership);
    probe(ownership, missing(ownership));
    wsub_ownership_look(ownership);
}

struct wsub_ownership *
wsub_ownership_new(const struct wsub_ownership_options *options)
{
    struct wsub_ownership *ownership = wsub_calloc(1, sizeof(*ownership));

    ownership->o = *options;
    ownership->count = wsub_store_shards(options->store);
    ownership->spreaders = 1;
    ownership->handed = -1;
    ownership->shards =
        wsub_calloc(ownership->count, sizeof(*ownership->shards));
    for (unsigned i = 0; i < ownership->count; i++) {
        struct shard *shard = &ownership->shards[i];

        shard->ownership = ownership;
        shard->owned.shard = i;
        wsub_timer_init(&shard->extend, options->base, on_extend, shard);
    }
    wsub_timer_every_ms(&ownership->look, options->base,
                        options->config->heartbeat_interval_ms, on_look,
                        ownership);
    wsub_metrics_register(wsub_shard_stats, WSUB_SHARD_STAT_MAX_);
    return ownership;
}

void wsub_ownership_free(struct wsub_ownership *ownership)
{
    if (ownership == NULL)
        return;
    for (unsigned i = 0; i < ownership->count; i++)
        wsub_timer_done(&ownership->shards[i].extend);
    wsub_timer_done(&ownership->look);
    free(ownership->shards);
    free(ownership);
}

void wsub_ownership_start(struct wsub_ownership *ownership,
                          const struct wsub_instance_ref *me)
{
    snprintf(ownership->name, sizeof(ownership->name), "%s", me->name);
    ownership->me =
        (struct wsub_instance_ref){ownership->name, me->incarnation};
    ownership->started = true;
    wsub_ownership_look(ownership);
}

void wsub_ownership_spreaders(struct wsub_ownership *ownership, size_t count)
{
    if (count == ownership->spreaders)
        return;
    ownership->spreaders = count;
    wsub_ownership_look(ownership);
}

void wsub_ownership_fenced(struct wsub_ownership *ownership,
                           const struct wsub_owned *owned)
{
    struct shard *shard = &ownership->shards[owned->shard];

    if (shard->state == SHARD_OWNED && shard->owned.epoch == owned->epoch)
        lose(shard);
}

static void on_released(enum wsub_err err, uint64_t epoch, void *arg)
{
    struct shard *shard = arg;

    (void)err; /* then it ends by itself, with its lease */
    (void)epoch;
    shard_free(shard);
}

void wsub_ownership_ended(struct wsub_ownership *ownership, unsigned number)
{
    struct shard *shard = &ownership->shards[number];

    if (shard->is_lost) {
        /* The hint is ours, or of somebody who will set it again. */
        wsub_shard_hint_drop(ownership->o.store, number);
        tell(shard, WSUB_EVENT_SHARD_LOST, "fenced");
        shard_free(shard);
        wsub_ownership_look(ownership);
        return;
    }
    enter(shard, SHARD_RELEASING);
    wsub_owner_release(ownership->o.store, number, shard->owned.epoch,
                       on_released, shard);
    if (shard->state != SHARD_RELEASING) /* Redis is away */
        return;
    wsub_shard_hint_drop(ownership->o.store, number);
    tell(shard, WSUB_EVENT_SHARD_LOST, "released");
}

void wsub_ownership_stop(struct wsub_ownership *ownership)
{
    ownership->started = false;
    ownership->stopping = true;
    for (unsigned i = 0; i < ownership->count; i++)
        if (ownership->shards[i].state == SHARD_OWNED)
            end(&ownership->shards[i], false);
    stop_if_over(ownership);
}
