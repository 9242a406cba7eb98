/* census.h - how many hosts and endpoints are held back, and by what.
 *
 * Looks at all that are known, some milliseconds for 100,000: for who asks now and
 * then. */
#ifndef WSUB_HOST_CENSUS_H
#define WSUB_HOST_CENSUS_H

#include <stdint.h>

struct wsub_hosts;

struct wsub_hosts_census {
    struct wsub_gates_census {
        uint32_t open, half_open; /* breakers */
        /* Requests wait for it, here or parked, or it named a time. */
        uint32_t limited;
    } hosts, endpoints;
};

void wsub_hosts_census(const struct wsub_hosts *hosts, uint64_t now_us,
                       struct wsub_hosts_census *ret_census);

#endif
