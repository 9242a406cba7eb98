/* gate.h - what a host and an endpoint have in common: whether requests may
 * pass, and those that wait for it.
 *
 * Private to common/host.  A gate is closed while its breaker is open, or until
 * the time that a server named (429 and 503 with Retry-After).  Work that finds
 * no capacity may be parked outside; it is called back once the queue is below
 * its half, and a gate that has to be tried first gets one.  What was called
 * comes through Redis, some of it to another process: what has not come after
 * half a second is not waited for any more.  Pure. */
#ifndef WSUB_GATE_H
#define WSUB_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/base/due.h"
#include "common/crypto/digest.h"
#include "common/host/breaker.h"
#include "common/host/ticket.h"

struct wsub_gate_queue {
    TAILQ_HEAD(, wsub_host_ticket) tickets;
    uint32_t count;
};

struct wsub_gate {
    bool is_endpoint; /* else of a host */
    struct wsub_breaker breaker;
    uint64_t asked_until_us; /* the server's own wish; 0: none */
    struct wsub_gate_queue urgent, normal;
    struct wsub_due due;
    uint32_t held;      /* somebody is about to look at it again: must stay */
    bool parked;        /* work for it waits in Redis */
    uint32_t coming;    /* parked ones that were called and did not come yet */
    uint64_t called_us; /* the last time that some were */
    bool at_rest;       /* nobody uses it */
    uint64_t used_us;   /* left at rest */
    TAILQ_ENTRY(wsub_gate) next; /* those of its kind at rest */
    UT_hash_handle hh;           /* by name, once it has one */
    char name[WSUB_DIGEST_LEN + 1];
};

void wsub_gate_init(struct wsub_gate *gate, bool is_endpoint);

/* Sets *ret_delay_ms to when to come again, at least 1, when it is closed: where its
 * breaker is open, a minute at most. */
enum wsub_host_closing wsub_gate_closed(const struct wsub_gate *gate,
                                        uint64_t now_us,
                                        uint64_t *ret_delay_ms);
bool wsub_gate_admits(const struct wsub_gate *gate, uint64_t now_us);

/* Puts a ticket at the end of its queue, or takes it out. */
void wsub_gate_queue_add(struct wsub_gate *gate,
                         struct wsub_host_ticket *ticket);
void wsub_gate_queue_remove(struct wsub_gate *gate,
                            struct wsub_host_ticket *ticket);
/* The first one, the urgent before the others; NULL when none waits. */
struct wsub_host_ticket *wsub_gate_queue_first(const struct wsub_gate *gate);

/* How many parked ones may be called now, when `queue_max` may wait; counts
 * them as called. */
uint32_t wsub_gate_call(struct wsub_gate *gate, uint32_t queue_max,
                        uint64_t now_us);

/* When that should be looked at again though nothing happens before;
 * WSUB_DUE_NEVER when it should not. */
uint64_t wsub_gate_call_due_us(const struct wsub_gate *gate,
                               uint32_t queue_max);

#endif
