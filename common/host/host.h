/* host.h - which requests to a host may start, and when.
 *
 * A request enters before it is sent and leaves when it is over, with what it
 * says.  It is for an *endpoint* (a callback, or a topic that is fetched) of a
 * *host* (scheme, name and port).
 *
 *              .-- either is closed ------------------> OPEN or ASKED
 *              |                                        (or on_closed)
 *   enter -----+-- both below their limits, a token --> NOW
 *              +-- a queue has a place ---------------> WAIT --> on_start,
 *              |                                        on_late or on_closed
 *              '-- queue full ------------------------> FULL: may be parked
 *                                                       --> on_capacity
 *
 * An endpoint has a breaker, and a small limit that is one request while it
 * fails, and the same for the urgent beside the others; a host has a breaker (breaker.h), an adaptive limit (limit.h) and a
 * token bucket.  A failure is charged to the endpoint, and to its host at most
 * once until the endpoint succeeds; to the host each time only when nothing
 * could be sent to it at all.  A server that names a time (429 or 503 with
 * Retry-After) closes its endpoint until then, and the host when several do.
 *
 * The excess waits at the endpoint, then at the host, in the order it came,
 * verifications (urgent) before others.  What the caller has parked outside,
 * for a host or an endpoint, is called back by on_capacity once the queue is
 * below its half.
 *
 * Nobody takes all that the process has: hosts without a good response in the
 * last 10 minutes, or whose last request failed, share a part of it; so do the
 * urgent; and a request that lingers for more than a second counts no longer,
 * as far as lingering_max allows.
 *
 * Names are for free, so hosts of the same address share more (address.h): those
 * that are unproven how many requests may be in flight, lingering ones too, and
 * all of them how many of the urgent may start in a second.
 *
 * Hosts and endpoints are forgotten when nothing is left to say of them, or 10
 * minutes after their last use; of those that are not in use, 65,536 of each
 * kind are kept.  Time is passed in: microseconds of a clock that never goes
 * back. */
#ifndef WSUB_HOST_HOST_H
#define WSUB_HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/host/ticket.h"
#include "common/http/url.h"

struct wsub_hosts;

/* What the setting per_address (0: no limit) means where `unproven_max` requests
 * of unproven hosts may be in flight: no address has more than a quarter. */
uint32_t wsub_hosts_per_address(uint32_t setting, uint32_t unproven_max);

struct wsub_hosts *wsub_hosts_new(const struct wsub_hosts_options *options);
void wsub_hosts_free(struct wsub_hosts *hosts);

/* Enters the host of a callback.  WSUB_HOST_ENTRY_OPEN and _ASKED set
 * *ret_delay_ms to when to come again. */
enum wsub_host_entry wsub_host_enter(struct wsub_hosts *hosts,
                                     const char *callback,
                                     struct wsub_host_ticket *ticket,
                                     uint64_t now_us, uint64_t *ret_delay_ms);

/* As above, for a URL that was parsed before; never WSUB_HOST_ENTRY_BAD. */
enum wsub_host_entry wsub_host_enter_url(struct wsub_hosts *hosts,
                                         const struct wsub_url *url,
                                         struct wsub_host_ticket *ticket,
                                         uint64_t now_us,
                                         uint64_t *ret_delay_ms);

/* The addresses of the host's name are known now (struct wsub_name), after its
 * request started.  False when too many requests of unproven hosts go there: the
 * request is not sent, and leaves; then it enters again, or is parked under
 * ticket->full_name. */
bool wsub_host_resolved(struct wsub_hosts *hosts,
                        struct wsub_host_ticket *ticket, const char *addresses,
                        uint64_t now_us);

/* The request is over.  Those that may go now are started during this call, or
 * learn that what they wait for was closed. */
void wsub_host_leave(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                     const struct wsub_host_report *report, uint64_t now_us);

/* Something is parked under that name; false when it isn't known (any more):
 * nothing will be called back. */
bool wsub_host_parked(struct wsub_hosts *hosts, const char *name,
                      uint64_t now_us);

/* Of those that on_capacity called, `count` will not come: there were no more
 * where it looked.  Ignored when nothing is parked. */
void wsub_host_fewer(struct wsub_hosts *hosts, const char *name, uint32_t count,
                     uint64_t now_us);

/* Nothing is parked any more; ignored when the name isn't known. */
void wsub_host_unparked(struct wsub_hosts *hosts, const char *name,
                        uint64_t now_us);

/* When wsub_hosts_tick() is due: a token comes for somebody who waits, parked
 * work can be taken, or a request comes to linger; UINT64_MAX when nothing
 * is. */
uint64_t wsub_hosts_next_us(const struct wsub_hosts *hosts);
void wsub_hosts_tick(struct wsub_hosts *hosts, uint64_t now_us);

/* Calls on_late for those that have waited for wait_max_ms, or for all of them
 * when `everyone`; forgets what was not used for long. */
void wsub_hosts_expire(struct wsub_hosts *hosts, bool everyone,
                       uint64_t now_us);

struct wsub_hosts_counts {
    uint32_t known;     /* hosts in use or remembered */
    uint32_t down;      /* hosts with a breaker that isn't closed */
    uint32_t waiting;   /* tickets */
    uint32_t lingering; /* requests */
};

void wsub_hosts_count(const struct wsub_hosts *hosts,
                      struct wsub_hosts_counts *ret_counts);

/* Tickets that wait where they start within some milliseconds: more of them
 * are better off where they come from than parked. */
uint32_t wsub_hosts_soon(const struct wsub_hosts *hosts);

#endif
