#include "common/store/writable.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/shard_poll.h"
#include "common/store/store.h"

#define REFUSED_MS 5000 /* a failover is over by then */

struct shard {
    bool refused;
    uint64_t since_ms; /* on our own clock */
    char error[80];    /* what Redis says, cut */
};

struct wsub_writable {
    struct wsub_shard_poll *poll; /* owned */
    struct shard *shards;         /* owned */
    unsigned count;
};

/* A user of Redis that may not send this command may well write. */
static bool is_refusal(const struct wsub_poll_result *result)
{
    return result->err == WSUB_ERR_REFUSED &&
           strncmp(result->error, "NOPERM", 6) != 0;
}

static void on_result(const struct wsub_poll_result *result, void *arg)
{
    const struct wsub_writable *writable = arg;
    struct shard *shard = &writable->shards[result->shard];

    if (!is_refusal(result)) {
        shard->refused = false;
        return;
    }
    if (!shard->refused) {
        shard->since_ms = wsub_now_ms();
        wsub_log_warn("redis-refuses-writes", WSUB_KE("error", result->error));
    }
    shard->refused = true;
    snprintf(shard->error, sizeof(shard->error), "%s", result->error);
}

struct wsub_writable *wsub_writable_new(struct event_base *base,
                                        struct wsub_store *store)
{
    struct wsub_writable *writable = wsub_calloc(1, sizeof(*writable));

    writable->count = wsub_store_shards(store);
    writable->shards = wsub_calloc(writable->count, sizeof(*writable->shards));
    writable->poll = wsub_shard_poll_new(&(struct wsub_shard_poll_options){
        .base = base,
        .store = store,
        .kind = WSUB_POLL_WRITES,
        .on_result = on_result,
        .arg = writable,
    });
    return writable;
}

void wsub_writable_free(struct wsub_writable *writable)
{
    if (writable == NULL)
        return;
    wsub_shard_poll_free(writable->poll);
    free(writable->shards);
    free(writable);
}

bool wsub_writable_is(const struct wsub_writable *writable,
                      char reason[WSUB_STATUS_REASON_BYTES])
{
    for (unsigned i = 0; i < writable->count; i++) {
        const struct shard *shard = &writable->shards[i];

        if (shard->refused && wsub_now_ms() - shard->since_ms >= REFUSED_MS) {
            snprintf(reason, WSUB_STATUS_REASON_BYTES,
                     "Redis refuses writes: %s", shard->error);
            return false;
        }
    }
    return true;
}
