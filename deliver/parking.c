#include "deliver/parking.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/store.h"
#include "deliver/deliver.h"
#include "deliver/host.h"
#include "deliver/stats.h"

#define IDLE_HOST_BITE 32 /* jobs that go to a host nothing is known of */

/* A host for which this process has parked jobs. */
struct place {
    struct deliver_parking *parking;
    char name[WSUB_DIGEST_LEN + 1];
    bool *parked;      /* owned; whether a shard may have some */
    unsigned next;     /* shard to ask first, in turn */
    unsigned underway; /* questions */
    UT_hash_handle hh;
};

struct deliver_parking {
    struct deliver *d;   /* borrowed; outlives this */
    struct place *table; /* owned */
};

/* One question, for up to `count` jobs of one shard. */
struct flow {
    struct place *place;
    unsigned shard, count;
};

struct deliver_parking *deliver_parking_new(struct deliver *d)
{
    struct deliver_parking *parking = wsub_calloc(1, sizeof(*parking));

    parking->d = d;
    return parking;
}

static void place_free(struct place *place)
{
    HASH_DEL(place->parking->table, place);
    free(place->parked);
    free(place);
}

void deliver_parking_free(struct deliver_parking *parking)
{
    struct place *place, *next;

    if (parking == NULL)
        return;
    HASH_ITER(hh, parking->table, place, next)
    {
        place_free(place);
    }
    free(parking);
}

static struct place *place_get(struct deliver_parking *parking,
                               const char *name)
{
    struct place *place;

    HASH_FIND_STR(parking->table, name, place);
    if (place != NULL)
        return place;
    place = wsub_calloc(1, sizeof(*place));
    place->parking = parking;
    snprintf(place->name, sizeof(place->name), "%s", name);
    place->parked =
        wsub_calloc(wsub_store_shards(parking->d->store), sizeof(bool));
    HASH_ADD_STR(parking->table, name, place);
    return place;
}

/* Forgets a host without parked jobs. */
static void place_settle(struct place *place)
{
    struct deliver *d = place->parking->d;

    for (unsigned i = 0; i < wsub_store_shards(d->store); i++)
        if (place->parked[i])
            return;
    if (place->underway > 0)
        return;
    deliver_host_unparked(d->hosts, place->name, wsub_now_us());
    place_free(place);
}

static void ask(struct place *place, unsigned shard, unsigned count);

/* Jobs are parked in the shard: the host calls them back when it has room.  One
 * that isn't known any more has. */
static void wait_for_room(struct place *place, unsigned shard)
{
    struct deliver *d = place->parking->d;

    if (deliver_host_parked(d->hosts, place->name, wsub_now_us()))
        deliver_plan_host_tick(d);
    else
        ask(place, shard, IDLE_HOST_BITE);
}

void deliver_parking_note(struct deliver_parking *parking, unsigned shard,
                          const char *name)
{
    struct place *place = place_get(parking, name);

    place->parked[shard] = true;
    wait_for_room(place, shard);
}

/* What the shard lacks may be in the next one. */
static void unparked(const struct flow *flow, uint32_t moved, bool more)
{
    struct place *place = flow->place;
    struct deliver_hosts *hosts = place->parking->d->hosts;
    char name[sizeof(place->name)];

    deliver_stat_add_many(DELIVER_STAT_UNPARKED, moved);
    place->parked[flow->shard] = more;
    memcpy(name, place->name, sizeof(name));
    if (more)
        wait_for_room(place, flow->shard);
    else
        place_settle(place);
    deliver_host_fewer(hosts, name, flow->count - moved, wsub_now_us());
}

static void on_unparked(enum wsub_err err, const struct redisReply *reply,
                        void *arg)
{
    struct flow *flow = arg;

    flow->place->underway--;
    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("unpark-refused", WSUB_KV("error", reply->str));
    if (err == WSUB_OK)
        unparked(flow, (uint32_t)reply->element[0]->integer,
                 reply->element[1]->integer > 0);
    free(flow);
}

static void ask(struct place *place, unsigned shard, unsigned count)
{
    struct wsub_store *store = place->parking->d->store;
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct wsub_cmd cmd;

    flow->place = place;
    flow->shard = shard;
    flow->count = count;
    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_UNPARK);
    wsub_cmd_str(&cmd, place->name);
    wsub_cmd_u64(&cmd, count);
    if (wsub_store_send(store, shard, &cmd, on_unparked, flow) == WSUB_OK) {
        place->underway++;
        return;
    }
    free(flow); /* `promote` brings them back */
    place->parked[shard] = false;
    place_settle(place);
}

/* The next shard, in turn, that may have jobs for the host. */
static bool next_shard(struct place *place, unsigned *ret_shard)
{
    unsigned shards = wsub_store_shards(place->parking->d->store);

    for (unsigned i = 0; i < shards; i++) {
        unsigned shard = (place->next + i) % shards;

        if (!place->parked[shard])
            continue;
        place->next = shard + 1;
        *ret_shard = shard;
        return true;
    }
    return false;
}

void deliver_parking_fetch(struct deliver_parking *parking, const char *name,
                           unsigned count)
{
    struct place *place;
    unsigned shard;

    HASH_FIND_STR(parking->table, name, place);
    if (place != NULL && next_shard(place, &shard))
        ask(place, shard, count);
}
