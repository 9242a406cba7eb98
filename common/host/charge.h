/* charge.h - who is charged for what a request came to.
 *
 * Private to common/host.  The smallest that explains it: the endpoint; the
 * host as well, but once for each endpoint until that succeeds, so several of
 * them have to fail; and the host alone when nothing could be sent to it. */
#ifndef WSUB_HOST_CHARGE_H
#define WSUB_HOST_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/host/table.h"

/* A request, which has ended, as it is charged. */
struct wsub_host_charge {
    const struct wsub_host_report *report; /* borrowed */
    bool lingered; /* its latency says nothing of the others */
    uint64_t started_us;
    uint32_t random;
};

/* What changed by it. */
struct wsub_host_change {
    bool endpoint_closed; /* it admits nobody now, and did before */
    bool host_closed;     /* likewise */
    bool host_broke;      /* its breaker opened; it was closed before */
    bool host_recovered;  /* its breaker closed */
};

void wsub_host_charge(struct wsub_host *host, struct wsub_endpoint *endpoint,
                      const struct wsub_host_charge *charge, uint64_t now_us,
                      struct wsub_host_change *ret_change);

#endif
