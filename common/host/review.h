/* review.h - what is left to do for a gate that has changed.
 *
 * Private to common/host. */
#ifndef WSUB_HOST_REVIEW_H
#define WSUB_HOST_REVIEW_H

#include <stdint.h>

#include "common/host/parts.h"

/* Sets when the gate wants a tick, and lets it rest, or forgets it, when nobody
 * uses it.  Does nothing while it is held. */
void wsub_host_review(struct wsub_hosts *hosts, struct wsub_gate *gate,
                      uint64_t now_us);

/* Of an endpoint (may be NULL) and its host. */
void wsub_host_review_both(struct wsub_hosts *hosts, struct wsub_host *host,
                           struct wsub_endpoint *endpoint, uint64_t now_us);

#endif
