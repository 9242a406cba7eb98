/* start.h - when a request may start, and that it has.
 *
 * Private to common/host. */
#ifndef WSUB_HOST_START_H
#define WSUB_HOST_START_H

#include <stdbool.h>
#include <stdint.h>

#include "common/host/parts.h"

/* Whether the host is below its limits.  Those that linger don't count for the
 * adaptive one, only for the greatest. */
bool wsub_host_has_place(const struct wsub_host *host);
/* As above; and it is open, and has a token. */
bool wsub_host_may_start(const struct wsub_host *host, uint64_t now_us);

/* Requests of an endpoint that may be at the host, or on their way. */
uint32_t wsub_host_endpoint_limit(const struct wsub_hosts *hosts,
                                  const struct wsub_endpoint *endpoint);

/* The ticket, which waits no more, is sending. */
void wsub_host_start(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                     uint64_t now_us);

/* It won't come to linger, or does. */
void wsub_host_not_young(struct wsub_hosts *hosts,
                         struct wsub_host_ticket *ticket);

#endif
