#include "common/cluster/leftovers.h"

#include <string.h>

#include "common/store/cluster_events.h"
#include "common/store/owners.h"
#include "common/store/removals.h"
#include "common/store/shard_hints.h"
#include "common/store/store.h"

#define ENTRIES_A_CALL 200 /* a few ms of Redis */

static void go_on(struct wsub_leftovers *leftovers);

static void finish(struct wsub_leftovers *leftovers, enum wsub_err err)
{
    leftovers->runs = false;
    leftovers->on_done(err, leftovers->arg);
}

/* A shard's reply has come; returns whether it goes on. */
static bool step(struct wsub_leftovers *leftovers, enum wsub_err err)
{
    if (leftovers->stopped)
        err = WSUB_ERR_FENCED;
    if (err == WSUB_OK)
        return true;
    finish(leftovers, err);
    return false;
}

static void tell_lost(const struct wsub_leftovers *leftovers, uint64_t epoch)
{
    wsub_cluster_event_tell(
        leftovers->store, &(struct wsub_cluster_event){
                              .kind = WSUB_EVENT_SHARD_LOST,
                              .instance = leftovers->victim.ref.name,
                              .incarnation = leftovers->victim.ref.incarnation,
                              .role = leftovers->victim.role,
                              .shard = (int)leftovers->shard,
                              .epoch = epoch,
                              .detail = "its owner is gone",
                          });
}

/* WSUB_ERR_FENCED says that the shard was not its. */
static void on_freed(enum wsub_err err, uint64_t epoch, void *arg)
{
    struct wsub_leftovers *leftovers = arg;

    if (!step(leftovers, err == WSUB_ERR_FENCED ? WSUB_OK : err))
        return;
    if (err == WSUB_OK) {
        wsub_shard_hint_drop(leftovers->store, leftovers->shard);
        tell_lost(leftovers, epoch);
    }
    leftovers->shard++;
    go_on(leftovers);
}

static void on_handed_over(enum wsub_err err, uint64_t entries, uint64_t left,
                           void *arg)
{
    struct wsub_leftovers *leftovers = arg;

    if (!step(leftovers, err))
        return;
    leftovers->entries += entries;
    if (left == 0)
        leftovers->shard++;
    go_on(leftovers);
}

static void go_on(struct wsub_leftovers *leftovers)
{
    const struct wsub_victim *victim = &leftovers->victim;

    if (leftovers->shard == wsub_store_shards(leftovers->store))
        finish(leftovers, WSUB_OK);
    else if (strcmp(victim->role, "spreader") == 0)
        wsub_owner_free(leftovers->store, leftovers->shard, &victim->ref,
                        on_freed, leftovers);
    else if (strcmp(victim->role, "deliver") == 0)
        wsub_removal_hand_over(leftovers->store, leftovers->shard, &victim->ref,
                               ENTRIES_A_CALL, on_handed_over, leftovers);
    else
        finish(leftovers, WSUB_OK);
}

void wsub_leftovers_init(struct wsub_leftovers *leftovers,
                         struct wsub_store *store,
                         void (*on_done)(enum wsub_err err, void *arg),
                         void *arg)
{
    *leftovers =
        (struct wsub_leftovers){.store = store, .on_done = on_done, .arg = arg};
}

void wsub_leftovers_start(struct wsub_leftovers *leftovers,
                          const struct wsub_victim *victim)
{
    leftovers->victim = *victim;
    leftovers->shard = 0;
    leftovers->entries = 0;
    leftovers->runs = true;
    leftovers->stopped = false;
    go_on(leftovers);
}

void wsub_leftovers_stop(struct wsub_leftovers *leftovers)
{
    leftovers->stopped = true;
}
