#include "common/host/address.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define AT_REST_MAX 65536

void wsub_addresses_init(struct wsub_addresses *addresses, uint32_t share_max,
                         uint32_t rate)
{
    addresses->share_max = share_max > 0 ? share_max : UINT32_MAX;
    addresses->rate = rate;
    TAILQ_INIT(&addresses->at_rest);
}

static void forget(struct wsub_addresses *addresses,
                   struct wsub_address *address)
{
    assert(addresses->by_key != NULL); /* the address is in it */
    HASH_DEL(addresses->by_key, address);
    free(address);
}

void wsub_addresses_done(struct wsub_addresses *addresses)
{
    struct wsub_address *address, *next;

    HASH_ITER(hh, addresses->by_key, address, next)
    {
        forget(addresses, address);
    }
}

static void leave_rest(struct wsub_addresses *addresses,
                       struct wsub_address *address)
{
    TAILQ_REMOVE(&addresses->at_rest, address, next);
    addresses->at_rest_count--;
}

struct wsub_address *wsub_address_use(struct wsub_addresses *addresses,
                                      const struct wsub_address_key *key,
                                      uint64_t now_us)
{
    struct wsub_address *address;
    size_t len = strlen(key->text);

    HASH_FIND(hh, addresses->by_key, key->text, len, address);
    if (address == NULL) {
        address = wsub_calloc(1, sizeof(*address));
        address->key = *key;
        wsub_share_init(&address->share, addresses->share_max);
        wsub_bucket_init(&address->bucket, addresses->rate, now_us);
        HASH_ADD(hh, addresses->by_key, key.text, len, address);
    } else if (address->uses == 0) {
        leave_rest(addresses, address);
    }
    address->uses++;
    return address;
}

struct wsub_address *wsub_address_share(struct wsub_address *address)
{
    assert(address->uses > 0); /* else it is at rest, and would be so twice */
    address->uses++;
    return address;
}

void wsub_address_leave(struct wsub_addresses *addresses,
                        struct wsub_address *address)
{
    if (address == NULL || --address->uses > 0)
        return;
    TAILQ_INSERT_TAIL(&addresses->at_rest, address, next);
    addresses->at_rest_count++;
}

void wsub_addresses_expire(struct wsub_addresses *addresses, uint64_t now_us)
{
    struct wsub_address *address;

    while ((address = TAILQ_FIRST(&addresses->at_rest)) != NULL &&
           (wsub_bucket_is_full(&address->bucket, now_us) ||
            addresses->at_rest_count > AT_REST_MAX)) {
        leave_rest(addresses, address);
        forget(addresses, address);
    }
}
