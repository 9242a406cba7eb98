/* backlog.h - parked work comes back.
 *
 * Private to common/host. */
#ifndef WSUB_HOST_BACKLOG_H
#define WSUB_HOST_BACKLOG_H

#include <stdint.h>

#include "common/host/parts.h"

/* The host of a gate, be it its own or that of an endpoint in use. */
struct wsub_host *wsub_gate_host_of(struct wsub_gate *gate);

/* Calls back what is parked for the gate, as far as there is capacity; the host
 * may have to wait for its share. */
void wsub_host_call_parked(struct wsub_hosts *hosts, struct wsub_gate *gate,
                           uint64_t now_us);

/* When that is to be tried again though nothing happens before. */
uint64_t wsub_host_call_due_us(const struct wsub_hosts *hosts,
                               struct wsub_gate *gate, uint64_t now_us);

#endif
