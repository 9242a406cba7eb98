/* pressure.c - see pressure.h.
 *
 *   every second, and when Redis is up -> INFO memory, for each shard
 *                                            '-> used, maximum -> high or not
 */
#include "hub/pressure.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "hub/hub.h"
#include "hub/stats.h"

#define LOOK_S 1

struct shard {
    struct hub_pressure *pressure;
    unsigned number;
    bool high;
};

struct hub_pressure {
    struct wsub_store *store; /* borrowed; outlives this */
    struct event *timer;      /* owned */
    struct shard *shards;     /* owned */
    unsigned high_count;
    bool untold; /* Redis refuses to tell; said once */
};

/* A number of INFO, 0 when it is not there; `name` begins with a line end and
 * ends with a colon. */
static uint64_t find_number(const char *info, const char *name)
{
    const char *at = strstr(info, name);

    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static bool is_high(bool before, uint64_t used, uint64_t most)
{
    unsigned limit = before ? HUB_PRESSURE_END : HUB_PRESSURE_BEGIN;

    return most > 0 && used >= most / 100 * limit;
}

/* The first shard that is high, and the last one that was, speak for all: one
 * server may hold many. */
static void set_high(struct shard *shard, bool high, uint64_t used,
                     uint64_t most)
{
    struct hub_pressure *pressure = shard->pressure;

    if (shard->high == high)
        return;
    shard->high = high;
    pressure->high_count += high ? 1 : -1U;
    hub_stat_set(HUB_STAT_MEMORY_HIGH, pressure->high_count);
    if (high && pressure->high_count == 1)
        wsub_log_warn(
            "redis-memory-high", WSUB_KU("shard", shard->number),
            WSUB_KU("used_bytes", used), WSUB_KU("maxmemory_bytes", most),
            WSUB_KV("effect", "pushes and announcements are refused"));
    if (!high && pressure->high_count == 0)
        wsub_log_info("redis-memory-normal", WSUB_KU("shard", shard->number),
                      WSUB_KU("used_bytes", used),
                      WSUB_KU("maxmemory_bytes", most));
}

static void say_untold(struct hub_pressure *pressure, const char *error)
{
    if (!pressure->untold)
        wsub_log_warn("redis-memory-unknown", WSUB_KV("error", error));
    pressure->untold = true;
}

/* While Redis is away what was known last stays. */
static void on_info(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct shard *shard = arg;
    uint64_t used, most;

    if (err == WSUB_ERR_UNAVAILABLE)
        return;
    if (err != WSUB_OK) {
        say_untold(shard->pressure, reply->str);
        set_high(shard, false, 0, 0);
        return;
    }
    used = find_number(reply->str, "\nused_memory:");
    most = find_number(reply->str, "\nmaxmemory:");
    set_high(shard, is_high(shard->high, used, most), used, most);
}

void hub_pressure_look(struct hub_pressure *pressure)
{
    unsigned count = wsub_store_shards(pressure->store);

    for (unsigned i = 0; i < count; i++) {
        struct wsub_cmd cmd;

        wsub_cmd_init(&cmd, "INFO");
        wsub_cmd_str(&cmd, "memory");
        if (wsub_store_send(pressure->store, i, &cmd, on_info,
                            &pressure->shards[i]) != WSUB_OK)
            return; /* asked again when it is up */
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    hub_pressure_look(arg);
}

struct hub_pressure *hub_pressure_new(struct hub *hub)
{
    struct hub_pressure *pressure = wsub_calloc(1, sizeof(*pressure));
    unsigned count = wsub_store_shards(hub->store);

    pressure->store = hub->store;
    pressure->shards = wsub_calloc(count, sizeof(*pressure->shards));
    for (unsigned i = 0; i < count; i++)
        pressure->shards[i] = (struct shard){.pressure = pressure, .number = i};
    pressure->timer = event_new(wsub_loop_base(hub->loop), -1, EV_PERSIST,
                                on_timer, pressure);
    event_add(pressure->timer, &(struct timeval){.tv_sec = LOOK_S});
    return pressure;
}

void hub_pressure_free(struct hub_pressure *pressure)
{
    if (pressure == NULL)
        return;
    event_free(pressure->timer);
    free(pressure->shards);
    free(pressure);
}

bool hub_pressure_is_high(const struct hub_pressure *pressure, unsigned shard)
{
    return pressure->shards[shard].high;
}
