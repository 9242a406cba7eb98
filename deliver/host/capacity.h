/* capacity.h - when work that was parked for a host may come back.
 *
 * Private to host.c.  Once the queue is below its half, as many are called as
 * fill it; a host that has to be tried first gets one.  Those that were called
 * come through Redis, some of them to another process: what has not come
 * after half a second is not waited for any more. */
#ifndef DELIVER_HOST_CAPACITY_H
#define DELIVER_HOST_CAPACITY_H

#include "deliver/host/table.h"

/* How many may be called now, when `queue_max` may wait; counts them as called.
 */
uint32_t deliver_host_capacity_call(struct deliver_host *host,
                                    uint32_t queue_max, uint64_t now_us);

/* When that should be asked again though nothing happens to the host before;
 * DELIVER_DUE_NEVER when it should not. */
uint64_t deliver_host_capacity_due_us(const struct deliver_host *host,
                                      uint32_t queue_max);

#endif
