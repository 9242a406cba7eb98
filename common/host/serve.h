/* serve.h - what follows for those that wait when something has changed.
 *
 *   settle: refill (the endpoint's first go on to the host's queue), whoever
 *           may start does, parked ones are called
 *   feed:   the same for hosts that wait for a share of the process
 *
 * Private to common/host.  Calls on_start and on_closed, which may do anything
 * to other tickets. */
#ifndef WSUB_HOST_SERVE_H
#define WSUB_HOST_SERVE_H

#include <stdint.h>

#include "common/host/parts.h"

/* The endpoint's first go on to the host's queue. */
void wsub_host_refill(struct wsub_hosts *hosts, struct wsub_endpoint *endpoint,
                      uint64_t now_us);

/* Something has changed at the host, and the endpoint (or NULL). */
void wsub_host_settle(struct wsub_hosts *hosts, struct wsub_host *host,
                      struct wsub_endpoint *endpoint, uint64_t now_us);

/* Gives what is free of the shares to those that wait.  Parked work comes
 * later, so what it will take is free until then: only `hosts_max` hosts are
 * told. */
void wsub_host_feed(struct wsub_hosts *hosts, uint32_t hosts_max,
                    uint64_t now_us);

/* The same for hosts that wait for their address: one, or all. */
void wsub_host_feed_address(struct wsub_hosts *hosts,
                            struct wsub_address *address, uint32_t hosts_max,
                            uint64_t now_us);
void wsub_host_feed_addresses(struct wsub_hosts *hosts, uint64_t now_us);

/* The endpoint, or the host, has closed: those that wait for it are sent
 * away. */
void wsub_host_send_away_endpoint(struct wsub_hosts *hosts,
                                  struct wsub_endpoint *endpoint,
                                  uint64_t now_us);
void wsub_host_send_away_all(struct wsub_hosts *hosts, struct wsub_host *host,
                             uint64_t now_us);

#endif
