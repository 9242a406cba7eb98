#include "hub/pressure.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/shard_poll.h"
#include "common/store/store.h"
#include "hub/stats.h"

struct hub_pressure {
    struct wsub_shard_poll *poll; /* owned */
    bool *high;                   /* owned; of each shard */
    unsigned high_count;
    bool untold; /* Redis refuses to tell; logged once */
};

bool hub_pressure_rule(bool before, uint64_t used_bytes,
                       uint64_t maxmemory_bytes)
{
    unsigned limit = before ? HUB_PRESSURE_END : HUB_PRESSURE_BEGIN;

    return maxmemory_bytes > 0 && used_bytes >= maxmemory_bytes / 100 * limit;
}

/* The first shard that is high, and the last one that was, speak for all: one
 * server may hold many. */
static void log_change(const struct hub_pressure *pressure, bool high,
                       const struct wsub_poll_result *result)
{
    if (high && pressure->high_count == 1)
        wsub_log_warn(
            "redis-memory-high", WSUB_KU("shard", result->shard),
            WSUB_KU("used_bytes", result->used_bytes),
            WSUB_KU("maxmemory_bytes", result->maxmemory_bytes),
            WSUB_KV("effect", "pushes and announcements are refused"));
    if (!high && pressure->high_count == 0)
        wsub_log_info("redis-memory-normal", WSUB_KU("shard", result->shard),
                      WSUB_KU("used_bytes", result->used_bytes),
                      WSUB_KU("maxmemory_bytes", result->maxmemory_bytes));
}

static void log_untold(struct hub_pressure *pressure, const char *error)
{
    if (!pressure->untold)
        wsub_log_warn("redis-memory-unknown", WSUB_KV("error", error));
    pressure->untold = true;
}

/* While Redis is away the last result stands. */
static void on_result(const struct wsub_poll_result *result, void *arg)
{
    struct hub_pressure *pressure = arg;
    bool before = pressure->high[result->shard], high;

    if (result->err == WSUB_ERR_UNAVAILABLE)
        return;
    if (result->err == WSUB_ERR_REFUSED)
        log_untold(pressure, result->error);
    high =
        hub_pressure_rule(before, result->used_bytes, result->maxmemory_bytes);
    if (high == before)
        return;
    pressure->high[result->shard] = high;
    pressure->high_count += high ? 1 : -1U;
    wsub_metric_set(&hub_stats[HUB_STAT_MEMORY_HIGH], pressure->high_count);
    log_change(pressure, high, result);
}

struct hub_pressure *hub_pressure_new(struct event_base *base,
                                      struct wsub_store *store)
{
    struct hub_pressure *pressure = wsub_calloc(1, sizeof(*pressure));

    pressure->high =
        wsub_calloc(wsub_store_shards(store), sizeof(*pressure->high));
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
    free(pressure->high);
    free(pressure);
}

void hub_pressure_look(struct hub_pressure *pressure)
{
    wsub_shard_poll_now(pressure->poll);
}

bool hub_pressure_is_high(const struct hub_pressure *pressure, unsigned shard)
{
    return pressure->high[shard];
}
