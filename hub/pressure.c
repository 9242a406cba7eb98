#include "hub/pressure.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/groups/policy.h"
#include "common/store/shard_poll.h"
#include "common/store/store.h"
#include "hub/stats.h"

#define STEPS 100             /* looks while all of maxmemory is filled */
#define LEASES_SHRINK_OVER 25 /* percent, up to where subscriptions end */

struct shard {
    enum hub_pressure_level level;
    unsigned percent;
};

struct hub_pressure {
    const struct wsub_config *config; /* borrowed */
    struct wsub_shard_poll *poll;     /* owned */
    struct shard *shards;             /* owned */
    unsigned counts[HUB_PRESSURE_MAX_];
    uint64_t accepted_bytes; /* since the last look was asked for */
    uint64_t step_bytes;     /* of these make a look; 0: unlimited */
    bool untold;             /* Redis refuses to tell; logged once */
    bool unlimited;          /* Redis has no maxmemory; logged once */
};

static bool is_beyond(bool before, unsigned limit, uint64_t used_bytes,
                      uint64_t maxmemory_bytes)
{
    if (before) /* to 1 at least: nothing uses less than no memory */
        limit = limit > HUB_PRESSURE_BACK ? limit - HUB_PRESSURE_BACK : 1;
    return maxmemory_bytes > 0 && used_bytes >= maxmemory_bytes / 100 * limit;
}

enum hub_pressure_level hub_pressure_rule(const struct wsub_config *config,
                                          enum hub_pressure_level before,
                                          uint64_t used_bytes,
                                          uint64_t maxmemory_bytes)
{
    if (is_beyond(before == HUB_PRESSURE_CONTENT,
                  config->refuse_content_percent, used_bytes, maxmemory_bytes))
        return HUB_PRESSURE_CONTENT;
    if (is_beyond(before >= HUB_PRESSURE_SUBSCRIPTIONS,
                  config->refuse_subscriptions_percent, used_bytes,
                  maxmemory_bytes))
        return HUB_PRESSURE_SUBSCRIPTIONS;
    return HUB_PRESSURE_NORMAL;
}

uint64_t hub_pressure_lease(const struct wsub_config *config,
                            const struct wsub_policy *policy, unsigned percent,
                            uint64_t lease_s)
{
    unsigned end = config->refuse_subscriptions_percent;
    unsigned begin = end > LEASES_SHRINK_OVER ? end - LEASES_SHRINK_OVER : 0;
    uint64_t longest = policy->lease_max_s;
    uint64_t span = policy->lease_max_s - policy->lease_min_s;

    if (percent >= end)
        longest = policy->lease_min_s;
    else if (percent > begin)
        longest -= span * (percent - begin) / (end - begin);
    return lease_s < longest ? lease_s : longest;
}

static const char *const effects[HUB_PRESSURE_MAX_] = {
    [HUB_PRESSURE_SUBSCRIPTIONS] = "new subscriptions are refused",
    [HUB_PRESSURE_CONTENT] =
        "new subscriptions, pushes and announcements are refused",
};

/* The first shard that comes to a level, and the last one that leaves all, speak
 * for all: one server may hold many. */
static void log_change(const struct hub_pressure *pressure,
                       enum hub_pressure_level before,
                       enum hub_pressure_level level,
                       const struct wsub_poll_result *result)
{
    unsigned high = pressure->counts[HUB_PRESSURE_SUBSCRIPTIONS] +
                    pressure->counts[HUB_PRESSURE_CONTENT];

    if (level > before && pressure->counts[level] == 1)
        wsub_log_warn("redis-memory-high", WSUB_KU("shard", result->shard),
                      WSUB_KU("used_bytes", result->used_bytes),
                      WSUB_KU("maxmemory_bytes", result->maxmemory_bytes),
                      WSUB_KV("effect", effects[level]));
    if (high == 0)
        wsub_log_info("redis-memory-normal", WSUB_KU("shard", result->shard),
                      WSUB_KU("used_bytes", result->used_bytes),
                      WSUB_KU("maxmemory_bytes", result->maxmemory_bytes));
}

static void log_untold(struct hub_pressure *pressure, const char *error)
{
    if (!pressure->untold)
        wsub_log_warn("redis-memory-unknown", WSUB_KE("error", error));
    pressure->untold = true;
}

static void log_unlimited(struct hub_pressure *pressure)
{
    if (!pressure->unlimited)
        wsub_log_warn("redis-maxmemory-unset",
                      WSUB_KV("effect", "nothing is refused before the "
                                        "machine's memory is used up"),
                      WSUB_KV("remedy", "set maxmemory of Redis, with "
                                        "maxmemory-policy noeviction"));
    pressure->unlimited = true;
}

static void enter(struct hub_pressure *pressure, struct shard *shard,
                  enum hub_pressure_level level,
                  const struct wsub_poll_result *result)
{
    enum hub_pressure_level before = shard->level;

    if (level == before)
        return;
    shard->level = level;
    pressure->counts[before] -= 1;
    pressure->counts[level] += 1;
    wsub_metric_set(&hub_stats[HUB_STAT_MEMORY_SUBSCRIPTIONS],
                    pressure->counts[HUB_PRESSURE_SUBSCRIPTIONS] +
                        pressure->counts[HUB_PRESSURE_CONTENT]);
    wsub_metric_set(&hub_stats[HUB_STAT_MEMORY_HIGH],
                    pressure->counts[HUB_PRESSURE_CONTENT]);
    log_change(pressure, before, level, result);
}

/* While Redis is away the last result stands. */
static void on_result(const struct wsub_poll_result *result, void *arg)
{
    struct hub_pressure *pressure = arg;
    struct shard *shard = &pressure->shards[result->shard];
    uint64_t percent = 0;

    if (result->err == WSUB_ERR_UNAVAILABLE)
        return;
    if (result->err == WSUB_ERR_REFUSED)
        log_untold(pressure, result->error);
    else if (result->maxmemory_bytes == 0)
        log_unlimited(pressure);
    wsub_metric_set(&hub_stats[HUB_STAT_REDIS_USED], result->used_bytes);
    wsub_metric_set(&hub_stats[HUB_STAT_REDIS_MAX], result->maxmemory_bytes);
    pressure->step_bytes = result->maxmemory_bytes / STEPS;
    if (result->maxmemory_bytes >= 100)
        percent = result->used_bytes / (result->maxmemory_bytes / 100);
    shard->percent = percent < 100 ? (unsigned)percent : 100;
    enter(pressure, shard,
          hub_pressure_rule(pressure->config, shard->level, result->used_bytes,
                            result->maxmemory_bytes),
          result);
}

struct hub_pressure *hub_pressure_new(struct event_base *base,
                                      struct wsub_store *store,
                                      const struct wsub_config *config)
{
    struct hub_pressure *pressure = wsub_calloc(1, sizeof(*pressure));

    pressure->config = config;
    pressure->shards =
        wsub_calloc(wsub_store_shards(store), sizeof(*pressure->shards));
    pressure->counts[HUB_PRESSURE_NORMAL] = wsub_store_shards(store);
    pressure->poll = wsub_shard_poll_new(&(struct wsub_shard_poll_options){
        .base = base,
        .store = store,
        .kind = WSUB_POLL_MEMORY,
        .on_result = on_result,
        .arg = pressure,
    });
    return pressure;
}

void hub_pressure_free(struct hub_pressure *pressure)
{
    if (pressure == NULL)
        return;
    wsub_shard_poll_free(pressure->poll);
    free(pressure->shards);
    free(pressure);
}

void hub_pressure_look(struct hub_pressure *pressure)
{
    wsub_shard_poll_now(pressure->poll);
}

void hub_pressure_note(struct hub_pressure *pressure, size_t bytes)
{
    pressure->accepted_bytes += bytes;
    if (pressure->step_bytes == 0 ||
        pressure->accepted_bytes < pressure->step_bytes)
        return;
    pressure->accepted_bytes = 0;
    hub_pressure_look(pressure);
}

bool hub_pressure_refuses(const struct hub_pressure *pressure, unsigned shard,
                          enum hub_pressure_level what)
{
    return pressure->shards[shard].level >= what;
}

unsigned hub_pressure_percent(const struct hub_pressure *pressure,
                              unsigned shard)
{
    return pressure->shards[shard].percent;
}

const char *hub_pressure_effect(const struct hub_pressure *pressure,
                                bool *ret_takes_content)
{
    *ret_takes_content = pressure->counts[HUB_PRESSURE_CONTENT] == 0;
    if (!*ret_takes_content)
        return effects[HUB_PRESSURE_CONTENT];
    return pressure->counts[HUB_PRESSURE_SUBSCRIPTIONS] > 0
               ? effects[HUB_PRESSURE_SUBSCRIPTIONS]
               : NULL;
}
