/* address.h - what the requests to one address have in common.
 *
 * Private to common/host.  Hosts are names, and names are for free: thousands of
 * them may lead to one machine, be it one that hangs, or one that somebody wants
 * to be flooded.  So all hosts that go to one address (address_key.h) share how
 * many verifications may start in a second, and those without a good response
 * how many requests may be in flight.  Known while somebody uses it, and until its
 * bucket is full again. */
#ifndef WSUB_HOST_ADDRESS_H
#define WSUB_HOST_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/base/bucket.h"
#include "common/host/share.h"
#include "common/net/address_key.h"

struct wsub_address {
    struct wsub_share share;   /* requests of unproven hosts */
    struct wsub_bucket bucket; /* of verifications */
    uint32_t waiting;          /* verifications, of whatever host */
    uint32_t uses;
    TAILQ_ENTRY(wsub_address) next; /* of those that nobody uses */
    UT_hash_handle hh;              /* by key */
    struct wsub_address_key key;
};

/* Zeroed, then wsub_addresses_init(). */
struct wsub_addresses {
    struct wsub_address *by_key;        /* owned */
    TAILQ_HEAD(, wsub_address) at_rest; /* the one left first first */
    uint32_t at_rest_count;
    uint32_t share_max, rate;
};

void wsub_addresses_init(struct wsub_addresses *addresses, uint32_t share_max,
                         uint32_t rate);
void wsub_addresses_done(struct wsub_addresses *addresses);

/* Finds the address, or makes it; one more use of it. */
struct wsub_address *wsub_address_use(struct wsub_addresses *addresses,
                                      const struct wsub_address_key *key,
                                      uint64_t now_us);
/* Another use of one that is in use. */
struct wsub_address *wsub_address_share(struct wsub_address *address);

/* One use less; NULL is fine. */
void wsub_address_leave(struct wsub_addresses *addresses,
                        struct wsub_address *address);

/* Forgets those of which nothing is left to say. */
void wsub_addresses_expire(struct wsub_addresses *addresses, uint64_t now_us);

#endif
