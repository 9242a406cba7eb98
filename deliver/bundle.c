#include "deliver/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/keys.h"

#define RENEW_MAX 256 /* entries in one call */

struct deliver_bundles {
    struct deliver_bundles_options o;
    /* Owned; by hold_key: its entry may come again by a takeover. */
    struct deliver_bundle *held;
};

struct deliver_bundles *
deliver_bundles_new(const struct deliver_bundles_options *options)
{
    struct deliver_bundles *bundles = wsub_calloc(1, sizeof(*bundles));

    bundles->o = *options;
    return bundles;
}

static void bundle_free(struct deliver_bundle *bundle)
{
    HASH_DEL(bundle->bundles->held, bundle);
    free(bundle);
}

void deliver_bundles_free(struct deliver_bundles *bundles)
{
    struct deliver_bundle *bundle, *next;

    if (bundles == NULL)
        return;
    HASH_ITER(hh, bundles->held, bundle, next)
    {
        bundle_free(bundle);
    }
    free(bundles);
}

size_t deliver_bundles_count(const struct deliver_bundles *bundles)
{
    return HASH_COUNT(bundles->held);
}

/* "LANE-SHARD-MS-SEQ" */
static void write_hold_key(enum deliver_lane lane, unsigned shard,
                           const char *entry_id,
                           char ret_key[DELIVER_HOLD_KEY_MAX])
{
    snprintf(ret_key, DELIVER_HOLD_KEY_MAX, "%d-%u-%s", (int)lane, shard,
             entry_id);
}

bool deliver_bundles_have(const struct deliver_bundles *bundles,
                          enum deliver_lane lane, unsigned shard,
                          const char *entry_id)
{
    char key[DELIVER_HOLD_KEY_MAX];
    struct deliver_bundle *bundle;

    write_hold_key(lane, shard, entry_id, key);
    HASH_FIND_STR(bundles->held, key, bundle);
    return bundle != NULL;
}

struct deliver_bundle *deliver_bundle_new(struct deliver_bundles *bundles,
                                          enum deliver_lane lane,
                                          unsigned shard, const char *entry_id,
                                          bool taken_over)
{
    struct deliver_bundle *bundle = wsub_calloc(1, sizeof(*bundle));

    bundle->bundles = bundles;
    bundle->shard = shard;
    bundle->lane = lane;
    bundle->taken_over = taken_over;
    bundle->claimed_ms = wsub_now_ms();
    snprintf(bundle->entry_id, sizeof(bundle->entry_id), "%s", entry_id);
    write_hold_key(lane, shard, entry_id, bundle->hold_key);
    TAILQ_INIT(&bundle->ended);
    TAILQ_INIT(&bundle->sent);
    HASH_ADD_STR(bundles->held, hold_key, bundle);
    return bundle;
}

void deliver_bundle_add(struct deliver_bundle *bundle, struct deliver_job *job)
{
    job->bundle = bundle;
    job->position = bundle->count;
    bundle->left |= (uint16_t)(1u << bundle->count);
    bundle->jobs[bundle->count++] = job;
    bundle->running++;
}

void deliver_bundle_drop(struct deliver_job *job)
{
    struct deliver_bundle *bundle = job->bundle;

    bundle->jobs[job->position] = NULL;
    bundle->left &= (uint16_t) ~(1u << job->position);
    if (bundle->left == 0)
        bundle_free(bundle);
}

struct wsub_claim deliver_bundle_claim(const struct deliver_bundle *bundle)
{
    return (struct wsub_claim){.stream = deliver_lane_name(bundle->lane),
                               .entry = bundle->entry_id};
}

bool deliver_bundles_any(const struct deliver_bundles *bundles,
                         bool (*call)(const struct deliver_job *job,
                                      const void *arg),
                         const void *arg)
{
    const struct deliver_bundle *bundle, *next;

    for (bundle = bundles->held; bundle != NULL; bundle = next) {
        next = bundle->hh.next;
        for (unsigned i = 0; i < bundle->count; i++)
            if (bundle->jobs[i] != NULL && call(bundle->jobs[i], arg))
                return true;
    }
    return false;
}

/* Lists the bundles of `shard` that were claimed, or renewed, before
 * `since_ms`; returns their number. */
static size_t list_old(struct deliver_bundles *bundles, unsigned shard,
                       uint64_t since_ms, struct wsub_claim claims[RENEW_MAX])
{
    struct deliver_bundle *bundle, *next;
    size_t count = 0;

    HASH_ITER(hh, bundles->held, bundle, next)
    {
        if (bundle->shard != shard || bundle->claimed_ms >= since_ms ||
            count == RENEW_MAX)
            continue;
        claims[count++] = deliver_bundle_claim(bundle);
        bundle->claimed_ms = wsub_now_ms();
    }
    return count;
}

static void renew_shard(struct deliver_bundles *bundles, unsigned shard,
                        uint64_t since_ms)
{
    struct wsub_claim claims[RENEW_MAX];
    size_t count;

    do {
        count = list_old(bundles, shard, since_ms, claims);
        if (count > 0)
            wsub_claims_renew(bundles->o.store, shard, WSUB_GROUP_DELIVER,
                              bundles->o.consumer, claims, count);
    } while (count == RENEW_MAX);
}

void deliver_bundles_renew(struct deliver_bundles *bundles)
{
    uint64_t age_ms = bundles->o.takeover_idle_ms / 2;
    uint64_t now_ms = wsub_now_ms();

    if (now_ms < age_ms || !wsub_store_up(bundles->o.store))
        return;
    for (unsigned i = 0; i < wsub_store_shards(bundles->o.store); i++)
        renew_shard(bundles, i, now_ms - age_ms);
}
