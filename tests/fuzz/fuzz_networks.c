/* fuzz_networks.c - lists of networks and of ports: common/net/networks.h,
 * egress.h; whether a text is a global address, and what stands for it: addr.h,
 * address_key.h. */
#include "common/net/networks.h"

#include <arpa/inet.h>

#include "common/net/addr.h"
#include "common/net/address_key.h"
#include "common/net/egress.h"
#include "tests/fuzz/fuzz.h"

/* Whether the list has what it names, if that is one IPv4 address. */
static void check(const struct wsub_networks *networks, const char *text)
{
    struct sockaddr_in one = {.sin_family = AF_INET};

    if (inet_pton(AF_INET, text, &one.sin_addr) == 1)
        FUZZ_CHECK(wsub_networks_has(networks, (struct sockaddr *)&one));
    one.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wsub_networks_has(networks, (struct sockaddr *)&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    char *text = fuzz_text(data, size);
    struct wsub_networks *networks;
    struct wsub_address_key key;
    bool literal;

    wsub_egress_is_ports(text);
    wsub_address_key(text, "", &key);
    FUZZ_CHECK(strlen(key.text) < sizeof(key.text));
    if (wsub_networks_parse(text, &networks)) {
        check(networks, text);
        wsub_networks_has(networks, (struct sockaddr *)&six);
        wsub_networks_free(networks);
    }
    if (wsub_addr_text_is_global(text, &literal))
        FUZZ_CHECK(literal);
    free(text);
    return 0;
}
