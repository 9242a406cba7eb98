#include "common/net/address_key.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#define PREFIX_BYTES 8 /* of /64 */

static void from_v4(const struct in_addr *address,
                    struct wsub_address_key *ret_key)
{
    inet_ntop(AF_INET, address, ret_key->text, sizeof(ret_key->text));
}

/* An IPv4 address that is mapped into IPv6 is itself. */
static void from_v6(struct in6_addr *address, struct wsub_address_key *ret_key)
{
    struct in_addr v4;

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        memcpy(&v4, &address->s6_addr[12], sizeof(v4));
        from_v4(&v4, ret_key);
        return;
    }
    memset(&address->s6_addr[PREFIX_BYTES], 0, PREFIX_BYTES);
    inet_ntop(AF_INET6, address, ret_key->text, sizeof(ret_key->text));
}

/* inet_aton() knows all spellings that libcurl takes: 0x7f.1. */
static bool from_address(const char *text, struct wsub_address_key *ret_key)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_aton(text, &v4)) {
        from_v4(&v4, ret_key);
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6) != 1)
        return false;
    from_v6(&v6, ret_key);
    return true;
}

static void from_domain(const char *host, struct wsub_address_key *ret_key)
{
    size_t len = strlen(host), start, dots = 0;

    if (len > 0 && host[len - 1] == '.')
        len--;
    for (start = len; start > 0; start--)
        if (host[start - 1] == '.' && ++dots == 2)
            break;
    snprintf(ret_key->text, sizeof(ret_key->text), "%.*s", (int)(len - start),
             host + start);
}

void wsub_address_key(const char *host, const char *addresses,
                      struct wsub_address_key *ret_key)
{
    char first[INET6_ADDRSTRLEN];
    size_t len = strcspn(addresses, ",");

    if (len > 0 && len < sizeof(first)) {
        memcpy(first, addresses, len);
        first[len] = '\0';
        if (from_address(first, ret_key))
            return;
    }
    if (!from_address(host, ret_key))
        from_domain(host, ret_key);
}
