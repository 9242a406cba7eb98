/* in_flight.h - how many requests of each kind may be in flight.
 *
 * Deliveries have as many as there are slots; of these, hosts without a recent
 * good response have a half.  Verifications have a quarter more, and requests
 * that linger three times as many, as far as the sockets go.  All of them
 * together are never more than the client sends at once: what it kept waiting
 * would wait for those that hang, whoever they are for. */
#ifndef DELIVER_IN_FLIGHT_H
#define DELIVER_IN_FLIGHT_H

#include <stdint.h>

struct deliver_in_flight {
    uint32_t unproven;      /* deliveries to hosts without a good response */
    uint32_t verifications; /* that do not linger */
    uint32_t lingering;
    uint32_t all; /* for the client */
};

/* `max_sockets` that may be open, kept connections included; 0: no limit. */
struct deliver_in_flight deliver_in_flight_of(uint32_t slots,
                                              uint32_t max_sockets);

#endif
