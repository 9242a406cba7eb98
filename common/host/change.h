/* change.h - what follows when a host or an endpoint has opened or closed.
 *
 * Private to common/host. */
#ifndef WSUB_HOST_CHANGE_H
#define WSUB_HOST_CHANGE_H

#include <stdint.h>

#include "common/host/charge.h"
#include "common/host/parts.h"

/* Tells of the breaker, and sends away those that wait for what has closed.
 * `endpoint` is NULL when the change is not about one. */
void wsub_host_note_change(struct wsub_hosts *hosts, struct wsub_host *host,
                           struct wsub_endpoint *endpoint,
                           const struct wsub_host_change *change,
                           uint64_t now_us);

#endif
