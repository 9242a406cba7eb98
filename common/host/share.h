/* share.h - a part of what the process can have in flight.
 *
 * Private to common/host.  Hosts of which some want more than the share has get
 * it in rotation. */
#ifndef WSUB_SHARE_H
#define WSUB_SHARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum wsub_share_kind {
    WSUB_SHARE_NONE,     /* no share: limited by nothing but its host */
    WSUB_SHARE_UNPROVEN, /* of hosts without a recent good response */
    WSUB_SHARE_URGENT,
    WSUB_SHARES,
};

struct wsub_share {
    uint32_t max, used;
    TAILQ_HEAD(, wsub_share_wait) waiting; /* borrowed */
};

/* Embedded in a host for each share; zeroed at first. */
struct wsub_share_wait {
    bool waits;
    TAILQ_ENTRY(wsub_share_wait) next;
};

void wsub_share_init(struct wsub_share *share, uint32_t max);

static inline bool wsub_share_has(const struct wsub_share *share)
{
    return share->used < share->max;
}

/* Is told by wsub_share_next() when there is more; does so once. */
void wsub_share_wait(struct wsub_share *share, struct wsub_share_wait *wait);
void wsub_share_forget(struct wsub_share *share, struct wsub_share_wait *wait);

/* The next of those that wait, which it does no more; NULL when none does or
 * the share is used up. */
struct wsub_share_wait *wsub_share_next(struct wsub_share *share);

#endif
