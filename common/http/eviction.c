#include "common/http/eviction.h"

#include <stddef.h>

#define FRESH_MS 1000 /* more than a way around the world, and back */

void wsub_http_eviction_init(struct wsub_http_eviction *eviction)
{
    for (unsigned wait = 0; wait < WSUB_HTTP_WAITS; wait++)
        TAILQ_INIT(&eviction->lists[wait]);
}

void wsub_http_eviction_set(struct wsub_http_eviction *eviction,
                            struct wsub_http_waiter *waiter,
                            enum wsub_http_wait wait, uint64_t since_ms)
{
    if (waiter->wait == wait && waiter->since_ms == since_ms)
        return;
    if (waiter->wait != WSUB_HTTP_WAIT_NONE)
        TAILQ_REMOVE(&eviction->lists[waiter->wait], waiter, next);
    waiter->wait = wait;
    waiter->since_ms = since_ms;
    if (wait != WSUB_HTTP_WAIT_NONE)
        TAILQ_INSERT_TAIL(&eviction->lists[wait], waiter, next);
}

struct wsub_http_waiter *
wsub_http_eviction_next(const struct wsub_http_eviction *eviction,
                        uint64_t now_ms)
{
    struct wsub_http_waiter *oldest = NULL;

    for (unsigned wait = 0; wait < WSUB_HTTP_WAITS; wait++) {
        struct wsub_http_waiter *first = TAILQ_FIRST(&eviction->lists[wait]);

        if (first == NULL)
            continue;
        if (first->since_ms + FRESH_MS <= now_ms)
            return first;
        if (oldest == NULL || first->since_ms < oldest->since_ms)
            oldest = first;
    }
    if (oldest != NULL && oldest->since_ms + WSUB_HTTP_WAIT_LEAST_MS > now_ms)
        return NULL;
    return oldest;
}
