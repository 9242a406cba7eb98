/* writable.c - see writable.h.
 *
 *   every second -> SETRANGE of nothing, for each shard -> refused or not
 */
#include "hub/writable.h"

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

#define LOOK_S 1
#define REFUSED_MS 5000 /* a failover is over by then */

struct shard {
    bool refused;
    uint64_t since_ms; /* on our own clock */
    char error[80];    /* Redis' words, cut */
};

struct hub_writable {
    struct wsub_store *store; /* borrowed; outlives this */
    struct event *timer;      /* owned */
    struct shard *shards;     /* owned */
};

/* A user of Redis that may not send this command may well write. */
static bool is_refusal(enum wsub_err err, const struct redisReply *reply)
{
    return err == WSUB_ERR_REFUSED && strncmp(reply->str, "NOPERM", 6) != 0;
}

static void on_written(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    struct shard *shard = arg;

    if (!is_refusal(err, reply)) {
        shard->refused = false;
        return;
    }
    if (!shard->refused) {
        shard->since_ms = wsub_now_ms();
        wsub_log_warn("redis-refuses-writes", WSUB_KV("error", reply->str));
    }
    shard->refused = true;
    snprintf(shard->error, sizeof(shard->error), "%s", reply->str);
}

/* An empty value at the start of a key that is not there makes no key, and is
 * refused like any write that needs memory. */
static void look(struct hub_writable *writable)
{
    for (unsigned i = 0; i < wsub_store_shards(writable->store); i++) {
        struct wsub_cmd cmd;

        wsub_cmd_init(&cmd, "SETRANGE");
        wsub_store_key(&cmd, writable->store, i, "probe", NULL);
        wsub_cmd_str(&cmd, "0");
        wsub_cmd_str(&cmd, "");
        if (wsub_store_send(writable->store, i, &cmd, on_written,
                            &writable->shards[i]) != WSUB_OK)
            return; /* asked again when it is up */
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    look(arg);
}

struct hub_writable *hub_writable_new(struct hub *hub)
{
    struct hub_writable *writable = wsub_calloc(1, sizeof(*writable));

    writable->store = hub->store;
    writable->shards =
        wsub_calloc(wsub_store_shards(hub->store), sizeof(*writable->shards));
    writable->timer = event_new(wsub_loop_base(hub->loop), -1, EV_PERSIST,
                                on_timer, writable);
    event_add(writable->timer, &(struct timeval){.tv_sec = LOOK_S});
    return writable;
}

void hub_writable_free(struct hub_writable *writable)
{
    if (writable == NULL)
        return;
    event_free(writable->timer);
    free(writable->shards);
    free(writable);
}

bool hub_writable_is(const struct hub_writable *writable,
                     char reason[WSUB_STATUS_REASON_BYTES])
{
    for (unsigned i = 0; i < wsub_store_shards(writable->store); i++) {
        const struct shard *shard = &writable->shards[i];

        if (shard->refused && wsub_now_ms() - shard->since_ms >= REFUSED_MS) {
            snprintf(reason, WSUB_STATUS_REASON_BYTES,
                     "Redis refuses writes: %s", shard->error);
            return false;
        }
    }
    return true;
}
