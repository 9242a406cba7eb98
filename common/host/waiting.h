/* waiting.h - tickets that wait, and the shares that they need.
 *
 * Private to common/host.  An urgent ticket takes its share when it starts; any
 * other one takes that of unproven hosts, if its host is one, when it enters,
 * since those that wait hold something of the process too. */
#ifndef WSUB_HOST_WAITING_H
#define WSUB_HOST_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/host/parts.h"

/* Whether the host had a good response lately. */
bool wsub_host_is_proven(const struct wsub_host *host, uint64_t now_us);

/* Takes the share; false, and the host waits for it, when it is used up. */
bool wsub_host_take_share(struct wsub_hosts *hosts, struct wsub_host *host,
                          struct wsub_host_ticket *ticket,
                          enum wsub_share_kind kind);
void wsub_host_return_share(struct wsub_hosts *hosts,
                            struct wsub_host_ticket *ticket);

/* Finds out where the host's requests go, unless that does not matter. */
void wsub_host_locate(struct wsub_hosts *hosts, struct wsub_host *host,
                      uint64_t now_us);

/* The requests of the host go there; `key` is found out. */
void wsub_host_settle_at(struct wsub_hosts *hosts, struct wsub_host *host,
                         const struct wsub_address_key *key, uint64_t now_us);

/* Takes a part of what unproven hosts at the address may have in flight; false,
 * and the host waits for it, when it is used up. */
bool wsub_host_take_address(struct wsub_host *host,
                            struct wsub_host_ticket *ticket);
/* The address is there until the next call of wsub_address_leave(). */
void wsub_host_return_address(struct wsub_hosts *hosts,
                              struct wsub_host_ticket *ticket);

/* Takes all that an urgent ticket needs to start beside its host's place: shares
 * of the process and of its address; false when something is lacking. */
bool wsub_host_take_urgent(struct wsub_hosts *hosts,
                           struct wsub_host_ticket *ticket, uint64_t now_us);

/* When there is a token for an urgent one. */
uint64_t wsub_host_urgent_due_us(const struct wsub_host *host, uint64_t now_us);

/* Tickets that may wait at a gate for now, beside the urgent. */
uint32_t wsub_host_queue_max(const struct wsub_hosts *hosts,
                             struct wsub_gate *gate, uint64_t now_us);

/* Whether too many urgent ones wait for the host's address. */
bool wsub_host_address_is_full(const struct wsub_host *host, uint64_t now_us);

/* Whether the queue that the ticket would join is full. */
bool wsub_host_queue_is_full(const struct wsub_hosts *hosts,
                             struct wsub_gate *gate,
                             const struct wsub_host_ticket *ticket,
                             uint64_t now_us);

/* Joins a queue, of its endpoint or its host, of which `limit` may be on their
 * way at once. */
void wsub_host_join(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                    enum wsub_host_place place, uint32_t limit);

/* The reverse; it goes on inside. */
void wsub_host_unjoin(struct wsub_hosts *hosts,
                      struct wsub_host_ticket *ticket);

/* Leaves the queue, and everything. */
void wsub_host_go_away(struct wsub_hosts *hosts,
                       struct wsub_host_ticket *ticket);

#endif
