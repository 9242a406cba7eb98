#include "deliver/parking.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/host/host.h"
#include "common/store/deliveries.h"
#include "deliver/stats.h"

#define IDLE_HOST_BITE 32 /* jobs that go to a host nothing is known of */

/* A host for which this process has parked jobs. */
struct place {
    struct deliver_parking *parking;
    char name[WSUB_DIGEST_LEN + 1];
    bool *parked;      /* owned; whether a shard may have some */
    unsigned next;     /* shard to look at first, in rotation */
    unsigned underway; /* questions */
    UT_hash_handle hh;
};

/* One question, for up to `count` jobs of one shard. */
struct flow {
    struct place *place;
    unsigned shard;
    uint32_t count;
    LIST_ENTRY(flow) next;
};

struct deliver_parking {
    struct wsub_store *store; /* borrowed */
    struct wsub_hosts *hosts; /* borrowed */
    struct place *table;      /* owned */
    LIST_HEAD(, flow) flows;  /* owned */
};

struct deliver_parking *deliver_parking_new(struct wsub_store *store,
                                            struct wsub_hosts *hosts)
{
    struct deliver_parking *parking = wsub_calloc(1, sizeof(*parking));

    parking->store = store;
    parking->hosts = hosts;
    LIST_INIT(&parking->flows);
    return parking;
}

static void flow_free(struct flow *flow)
{
    LIST_REMOVE(flow, next);
    free(flow);
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
    while (!LIST_EMPTY(&parking->flows))
        flow_free(LIST_FIRST(&parking->flows));
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
        wsub_calloc(wsub_store_shards(parking->store), sizeof(bool));
    HASH_ADD_STR(parking->table, name, place);
    return place;
}

/* Forgets a host without parked jobs. */
static void place_settle(struct place *place)
{
    struct deliver_parking *parking = place->parking;

    for (unsigned i = 0; i < wsub_store_shards(parking->store); i++)
        if (place->parked[i])
            return;
    if (place->underway > 0)
        return;
    wsub_host_unparked(parking->hosts, place->name, wsub_now_us());
    place_free(place);
}

static void unpark(struct place *place, unsigned shard, uint32_t count);

/* Jobs are parked in the shard: the host calls them back when it has capacity.
 * One that isn't known any more has. */
static void wait_for_capacity(struct place *place, unsigned shard)
{
    if (!wsub_host_parked(place->parking->hosts, place->name, wsub_now_us()))
        unpark(place, shard, IDLE_HOST_BITE);
}

void deliver_parking_note(struct deliver_parking *parking, unsigned shard,
                          const char *name)
{
    struct place *place = place_get(parking, name);

    place->parked[shard] = true;
    wait_for_capacity(place, shard);
}

/* What the shard lacks may be in the next one. */
static void on_unparked(uint32_t moved, bool more, void *arg)
{
    struct flow *flow = arg;
    struct place *place = flow->place;
    struct wsub_hosts *hosts = place->parking->hosts;
    unsigned shard = flow->shard;
    uint32_t missing = flow->count - moved;
    char name[sizeof(place->name)];

    flow_free(flow);
    wsub_metric_add(&deliver_stats[DELIVER_STAT_UNPARKED], moved);
    place->underway--;
    place->parked[shard] = more;
    memcpy(name, place->name, sizeof(name));
    if (more)
        wait_for_capacity(place, shard);
    else
        place_settle(place);
    wsub_host_fewer(hosts, name, missing, wsub_now_us());
}

static void unpark(struct place *place, unsigned shard, uint32_t count)
{
    struct deliver_parking *parking = place->parking;
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->place = place;
    flow->shard = shard;
    flow->count = count;
    LIST_INSERT_HEAD(&parking->flows, flow, next);
    place->underway++;
    wsub_deliveries_unpark(parking->store, shard, place->name, count,
                           on_unparked, flow);
}

/* The next shard, in rotation, that may have jobs for the host. */
static bool next_shard(struct place *place, unsigned *ret_shard)
{
    unsigned shards = wsub_store_shards(place->parking->store);

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
                           uint32_t count)
{
    struct place *place;
    unsigned shard;

    HASH_FIND_STR(parking->table, name, place);
    if (place != NULL && next_shard(place, &shard))
        unpark(place, shard, count);
}
