#include "common/net/networks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "common/net/prefix.h"

#define ITEM_MAX_BYTES 64 /* an address, '/', three digits, and blanks */
#define V4_BITS 32
#define V6_BITS 128
#define MAPPED_BITS 96 /* ::ffff:0:0/96 */

struct network {
    int family;
    unsigned bits;
    uint8_t prefix[16];
};

struct wsub_networks {
    size_t count;
    bool has_unix;
    struct network items[WSUB_NETWORKS_MAX];
};

static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};

/* Parses what is behind the slash. */
static bool parse_bits(const char *text, unsigned max, unsigned *ret_bits)
{
    unsigned bits = 0;
    size_t len = strspn(text, "0123456789");

    if (len == 0 || len > 3 || text[len] != '\0' || (len > 1 && text[0] == '0'))
        return false;
    for (; *text != '\0'; text++)
        bits = bits * 10 + (unsigned)(*text - '0');
    *ret_bits = bits;
    return bits <= max;
}

static bool is_zero_behind(const struct network *network)
{
    for (unsigned i = network->bits; i < 8 * sizeof(network->prefix); i++)
        if ((network->prefix[i / 8] >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

static void unmap(struct network *network)
{
    if (network->bits < MAPPED_BITS ||
        !wsub_prefix_matches(network->prefix, mapped, MAPPED_BITS))
        return;
    network->family = AF_INET;
    network->bits -= MAPPED_BITS;
    memmove(network->prefix, network->prefix + 12, 4);
    memset(network->prefix + 4, 0, 12);
}

/* Parses an address, or a network; writes into `item`. */
static bool parse_network(char *item, struct network *ret_network)
{
    struct network network = {.family = AF_INET, .bits = V4_BITS};
    char *slash = strchr(item, '/');

    if (slash != NULL)
        *slash = '\0';
    if (inet_pton(AF_INET, item, network.prefix) != 1) {
        network.family = AF_INET6;
        network.bits = V6_BITS;
        if (inet_pton(AF_INET6, item, network.prefix) != 1)
            return false;
    }
    if (slash != NULL && !parse_bits(slash + 1, network.bits, &network.bits))
        return false;
    if (!is_zero_behind(&network))
        return false;
    if (network.family == AF_INET6)
        unmap(&network);
    *ret_network = network;
    return true;
}

static bool add(struct wsub_networks *networks, const char *text, size_t len)
{
    char item[ITEM_MAX_BYTES];

    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len == 0 || len >= sizeof(item) || networks->count == WSUB_NETWORKS_MAX)
        return false;
    memcpy(item, text, len);
    item[len] = '\0';
    if (strcmp(item, "unix") == 0) {
        networks->has_unix = true;
        return true;
    }
    return parse_network(item, &networks->items[networks->count]) &&
           ++networks->count > 0;
}

bool wsub_networks_parse(const char *text, struct wsub_networks **ret_networks)
{
    struct wsub_networks *networks = wsub_calloc(1, sizeof(*networks));
    bool more = text[0] != '\0';

    while (more) {
        size_t len;

        text += strspn(text, " ");
        len = strcspn(text, ",");
        if (!add(networks, text, len)) {
            wsub_networks_free(networks);
            return false;
        }
        more = text[len] == ',';
        text += len + more;
    }
    *ret_networks = networks;
    return true;
}

void wsub_networks_free(struct wsub_networks *networks)
{
    free(networks);
}

bool wsub_networks_is_empty(const struct wsub_networks *networks)
{
    return networks->count == 0 && !networks->has_unix;
}

static bool has(const struct wsub_networks *networks, int family,
                const uint8_t *address)
{
    for (size_t i = 0; i < networks->count; i++)
        if (networks->items[i].family == family &&
            wsub_prefix_matches(address, networks->items[i].prefix,
                                networks->items[i].bits))
            return true;
    return false;
}

bool wsub_networks_has(const struct wsub_networks *networks,
                       const struct sockaddr *address)
{
    /* Copied, since the caller's bytes need not be aligned for the type. */
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_UNIX:
        return networks->has_unix;
    case AF_INET:
        memcpy(&v4, address, sizeof(v4));
        return has(networks, AF_INET, (const uint8_t *)&v4.sin_addr);
    case AF_INET6:
        memcpy(&v6, address, sizeof(v6));
        if (wsub_prefix_matches(v6.sin6_addr.s6_addr, mapped, MAPPED_BITS))
            return has(networks, AF_INET, v6.sin6_addr.s6_addr + 12);
        return has(networks, AF_INET6, v6.sin6_addr.s6_addr);
    default:
        return false;
    }
}
