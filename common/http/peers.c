#include "common/http/peers.h"

#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <uthash.h>

#include "common/base/mem.h"
#include "common/net/networks.h"

#define PREFIX_BYTES 8 /* of IPv6: a /64 */

/* All bytes count: they are compared as one. */
struct key {
    uint8_t is_v6;
    uint8_t prefix[PREFIX_BYTES];
};

struct wsub_http_peer {
    struct key key;
    uint32_t count;
    struct wsub_http_payer payer;
    UT_hash_handle hh;
};

union address {
    const struct sockaddr *any;
    const struct sockaddr_in *v4;
    const struct sockaddr_in6 *v6;
};

/* False for one that has no network address. */
static bool make_key(const struct sockaddr *address, struct key *ret_key)
{
    union address from = {.any = address};

    *ret_key = (struct key){0};
    if (address->sa_family == AF_INET) {
        memcpy(ret_key->prefix, &from.v4->sin_addr, 4);
        return true;
    }
    if (address->sa_family != AF_INET6)
        return false;
    ret_key->is_v6 = !IN6_IS_ADDR_V4MAPPED(&from.v6->sin6_addr);
    if (ret_key->is_v6)
        memcpy(ret_key->prefix, &from.v6->sin6_addr, PREFIX_BYTES);
    else
        memcpy(ret_key->prefix, &from.v6->sin6_addr.s6_addr[12], 4);
    return true;
}

static struct wsub_http_peer *find(struct wsub_http_peers *peers,
                                   const struct key *key)
{
    struct wsub_http_peer *peer;

    HASH_FIND(hh, peers->known, key, sizeof(*key), peer);
    if (peer != NULL)
        return peer;
    peer = wsub_calloc(1, sizeof(*peer));
    peer->key = *key;
    HASH_ADD(hh, peers->known, key, sizeof(peer->key), peer);
    return peer;
}

bool wsub_http_peers_add(struct wsub_http_peers *peers,
                         const struct sockaddr *address,
                         struct wsub_http_peer **ret_peer)
{
    struct wsub_http_peer *peer;
    struct key key;

    *ret_peer = NULL;
    if (peers->max == 0 || !make_key(address, &key) ||
        (peers->exempt != NULL && wsub_networks_has(peers->exempt, address)))
        return true;
    peer = find(peers, &key);
    if (peer->count == peers->max)
        return false;
    peer->count++;
    *ret_peer = peer;
    return true;
}

struct wsub_http_payer *wsub_http_peers_payer(struct wsub_http_peer *peer)
{
    return peer != NULL ? &peer->payer : NULL;
}

void wsub_http_peers_drop(struct wsub_http_peers *peers,
                          struct wsub_http_peer *peer)
{
    if (peer == NULL || --peer->count > 0)
        return;
    HASH_DEL(peers->known, peer);
    free(peer);
}
