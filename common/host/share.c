#include "common/host/share.h"

#include <stddef.h>

void wsub_share_init(struct wsub_share *share, uint32_t max)
{
    share->max = max;
    TAILQ_INIT(&share->waiting);
}

void wsub_share_wait(struct wsub_share *share, struct wsub_share_wait *wait)
{
    if (wait->waits)
        return;
    wait->waits = true;
    TAILQ_INSERT_TAIL(&share->waiting, wait, next);
}

void wsub_share_forget(struct wsub_share *share, struct wsub_share_wait *wait)
{
    if (!wait->waits)
        return;
    wait->waits = false;
    TAILQ_REMOVE(&share->waiting, wait, next);
}

struct wsub_share_wait *wsub_share_next(struct wsub_share *share)
{
    struct wsub_share_wait *first = TAILQ_FIRST(&share->waiting);

    if (first == NULL || !wsub_share_has(share))
        return NULL;
    wsub_share_forget(share, first);
    return first;
}
