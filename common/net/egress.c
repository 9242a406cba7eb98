#include "common/net/egress.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/net/addr.h"
#include "common/net/networks.h"

#define BLANKS " \t"

struct ports {
    size_t count;
    struct {
        uint16_t first, last;
    } ranges[WSUB_PORT_RANGES_MAX];
};

struct wsub_egress {
    struct wsub_networks *allowed, *denied; /* owned */
    bool private_too;
    struct ports ports;
};

/* Takes a number off the text. */
static bool take_port(const char **text, uint16_t *ret_port)
{
    unsigned long number = 0;
    const char *begin = *text;

    for (; **text >= '0' && **text <= '9' && number <= UINT16_MAX; (*text)++)
        number = number * 10 + (unsigned long)(**text - '0');
    *ret_port = (uint16_t)number;
    return *text != begin && number > 0 && number <= UINT16_MAX;
}

static bool take_range(const char **text, struct ports *ports)
{
    uint16_t first, last;

    if (!take_port(text, &first))
        return false;
    last = first;
    if (**text == '-') {
        (*text)++;
        if (!take_port(text, &last))
            return false;
    }
    if (last < first || ports->count == WSUB_PORT_RANGES_MAX)
        return false;
    ports->ranges[ports->count].first = first;
    ports->ranges[ports->count++].last = last;
    return true;
}

static bool parse_ports(const char *text, struct ports *ret_ports)
{
    struct ports ports = {0};

    for (;;) {
        text += strspn(text, BLANKS);
        if (!take_range(&text, &ports))
            return false;
        text += strspn(text, BLANKS);
        if (*text == '\0')
            break;
        if (*text++ != ',')
            return false;
    }
    *ret_ports = ports;
    return true;
}

bool wsub_egress_is_ports(const char *text)
{
    struct ports ports;

    return parse_ports(text, &ports);
}

struct wsub_egress *wsub_egress_new(const struct wsub_config *config)
{
    struct wsub_egress *egress = wsub_calloc(1, sizeof(*egress));

    egress->private_too = config->allow_private_networks;
    if (!wsub_networks_parse(config->allow_networks, &egress->allowed) ||
        !wsub_networks_parse(config->deny_networks, &egress->denied) ||
        !parse_ports(config->callback_ports, &egress->ports))
        wsub_panic("networks or ports were not checked");
    return egress;
}

void wsub_egress_free(struct wsub_egress *egress)
{
    if (egress == NULL)
        return;
    wsub_networks_free(egress->allowed);
    wsub_networks_free(egress->denied);
    free(egress);
}

bool wsub_egress_allows_all(const struct wsub_egress *egress)
{
    return egress == NULL ||
           (egress->private_too && wsub_networks_is_empty(egress->denied));
}

bool wsub_egress_allows(const struct wsub_egress *egress,
                        const struct sockaddr *address)
{
    if (wsub_egress_allows_all(egress))
        return true;
    if (wsub_networks_has(egress->denied, address))
        return false;
    return egress->private_too || wsub_networks_has(egress->allowed, address) ||
           wsub_addr_is_global(address);
}

static bool parse_address(const char *text, struct sockaddr_storage *ret)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    char inner[INET6_ADDRSTRLEN];
    size_t len = strlen(text);

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(ret, &v4, sizeof(v4));
        return true;
    }
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= sizeof(inner))
        return false;
    memcpy(inner, text, len);
    inner[len] = '\0';
    if (inet_pton(AF_INET6, inner, &v6.sin6_addr) != 1)
        return false;
    memcpy(ret, &v6, sizeof(v6));
    return true;
}

bool wsub_egress_allows_text(const struct wsub_egress *egress, const char *text,
                             bool *ret_literal)
{
    struct sockaddr_storage storage;
    union {
        const struct sockaddr_storage *storage;
        const struct sockaddr *any;
    } address = {.storage = &storage};

    *ret_literal = parse_address(text, &storage);
    return *ret_literal && wsub_egress_allows(egress, address.any);
}

bool wsub_egress_allows_port(const struct wsub_egress *egress, uint16_t port)
{
    if (egress == NULL)
        return true;
    for (size_t i = 0; i < egress->ports.count; i++)
        if (port >= egress->ports.ranges[i].first &&
            port <= egress->ports.ranges[i].last)
            return true;
    return false;
}
