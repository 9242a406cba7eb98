/* addr.c - two tables of address blocks.
 *
 * Every block of the IANA special-purpose registries is listed, also the few
 * that the registries call globally reachable (anycast services and sinks of
 * the Internet's own plumbing): nobody's callback is there.  IPv6 is the
 * other way round: only 2000::/3 is allocated for unicast, and the special
 * blocks within it are taken out. */
#include "common/net/addr.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/net/prefix.h"

struct block4 {
    uint8_t prefix[4];
    unsigned bits;
};

struct block6 {
    uint8_t prefix[16];
    unsigned bits;
};

static const struct block4 special4[] = {
    {{0, 0, 0, 0}, 8},       /* this network; 0.0.0.0 reaches loopback */
    {{10, 0, 0, 0}, 8},      /* private */
    {{100, 64, 0, 0}, 10},   /* shared by carriers */
    {{127, 0, 0, 0}, 8},     /* loopback */
    {{169, 254, 0, 0}, 16},  /* link-local, cloud metadata */
    {{172, 16, 0, 0}, 12},   /* private */
    {{192, 0, 0, 0}, 24},    /* IETF protocol assignments */
    {{192, 0, 2, 0}, 24},    /* documentation */
    {{192, 31, 196, 0}, 24}, /* AS112 sink */
    {{192, 52, 193, 0}, 24}, /* multicast tunnels */
    {{192, 88, 99, 0}, 24},  /* 6to4 relays */
    {{192, 168, 0, 0}, 16},  /* private */
    {{192, 175, 48, 0}, 24}, /* AS112 sink */
    {{198, 18, 0, 0}, 15},   /* benchmarks */
    {{198, 51, 100, 0}, 24}, /* documentation */
    {{203, 0, 113, 0}, 24},  /* documentation */
    {{224, 0, 0, 0}, 4},     /* multicast */
    {{240, 0, 0, 0}, 4},     /* reserved, broadcast */
};

static const struct block6 unicast6 = {{0x20}, 3};

/* What 2000::/3 holds beside ordinary hosts. */
static const struct block6 special6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* IETF protocols, among them Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, /* AS112 sink */
    {{0x3f, 0xff}, 20},                         /* documentation */
};

/* Forms that carry an IPv4 address, which then decides. */
static const struct {
    struct block6 block;
    size_t offset; /* of the IPv4 address, in bytes */
} embedding6[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96}, 12}, /* mapped */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},   /* NAT64, RFC 6052 */
    {{{0x20, 0x02}, 16}, 2},                /* 6to4 */
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_global4(const uint8_t *address)
{
    for (size_t i = 0; i < COUNT(special4); i++)
        if (wsub_prefix_matches(address, special4[i].prefix, special4[i].bits))
            return false;
    return true;
}

static bool is_global6(const uint8_t *address)
{
    for (size_t i = 0; i < COUNT(embedding6); i++)
        if (wsub_prefix_matches(address, embedding6[i].block.prefix,
                                embedding6[i].block.bits))
            return is_global4(address + embedding6[i].offset);
    for (size_t i = 0; i < COUNT(special6); i++)
        if (wsub_prefix_matches(address, special6[i].prefix, special6[i].bits))
            return false;
    return wsub_prefix_matches(address, unicast6.prefix, unicast6.bits);
}

bool wsub_addr_is_global(const struct sockaddr *address)
{
    /* Copied, since the caller's bytes need not be aligned for the type. */
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof(v4));
        return is_global4((const uint8_t *)&v4.sin_addr);
    case AF_INET6:
        memcpy(&v6, address, sizeof(v6));
        return is_global6((const uint8_t *)&v6.sin6_addr);
    default:
        return false;
    }
}

bool wsub_addr_text_is_global(const char *text, bool *ret_literal)
{
    uint8_t address[16];

    *ret_literal = true;
    if (inet_pton(AF_INET, text, address) == 1)
        return is_global4(address);
    if (inet_pton(AF_INET6, text, address) == 1)
        return is_global6(address);
    *ret_literal = false;
    return false;
}
