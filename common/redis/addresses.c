#include "common/redis/addresses.h"

#include <ctype.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/base/container_of.h"

static const char *const faults[] = {
    [WSUB_NAME_UNKNOWN] = "the name of Redis has no address",
    [WSUB_NAME_BLOCKED] = "the name of Redis has no address",
    [WSUB_NAME_TIMEOUT] = "no name server responded to the name of Redis",
    [WSUB_NAME_FAILED] = "the name servers failed for the name of Redis",
};

bool wsub_redis_addresses_need(const struct wsub_redis_url *url)
{
    unsigned char address[sizeof(struct in6_addr)];

    return url->kind == WSUB_REDIS_TCP &&
           inet_pton(AF_INET, url->host, address) != 1 &&
           inet_pton(AF_INET6, url->host, address) != 1;
}

/* Gives the next one of the list. */
static void give(struct wsub_redis_addresses *addresses)
{
    const char *from = addresses->list.data + addresses->next;
    size_t len = strcspn(from, ",");

    addresses->next += len + (from[len] == ',');
    if (len >= sizeof(addresses->current))
        len = sizeof(addresses->current) - 1;
    memcpy(addresses->current, from, len);
    addresses->current[len] = '\0';
    addresses->on_address(addresses->current, NULL, addresses->arg);
}

static void use(struct wsub_redis_addresses *addresses,
                const struct wsub_name *name)
{
    wsub_redis_addresses_restart(addresses);
    if (name->status != WSUB_NAME_FOUND) {
        addresses->on_address(NULL, faults[name->status], addresses->arg);
        return;
    }
    wsub_buf_str(&addresses->list, name->addresses);
    give(addresses);
}

static void on_name(struct wsub_name_wait *wait, const struct wsub_name *name)
{
    use(wsub_container_of(wait, struct wsub_redis_addresses, wait), name);
}

void wsub_redis_addresses_init(struct wsub_redis_addresses *addresses,
                               struct wsub_resolver *resolver,
                               const struct wsub_redis_url *url)
{
    if (wsub_redis_addresses_need(url))
        addresses->resolver = resolver;
    for (size_t i = 0; i + 1 < sizeof(addresses->host); i++)
        addresses->host[i] = (char)tolower((unsigned char)url->host[i]);
    addresses->wait.on_name = on_name;
}

void wsub_redis_addresses_done(struct wsub_redis_addresses *addresses)
{
    wsub_resolver_drop(&addresses->wait);
    wsub_buf_done(&addresses->list);
}

void wsub_redis_addresses_find(struct wsub_redis_addresses *addresses)
{
    const struct wsub_name *name;

    if (addresses->resolver == NULL) {
        addresses->on_address(addresses->host, NULL, addresses->arg);
        return;
    }
    if (wsub_redis_addresses_more(addresses)) {
        give(addresses);
        return;
    }
    name = wsub_resolver_find(addresses->resolver, addresses->host,
                              &addresses->wait);
    if (name != NULL)
        use(addresses, name);
}

bool wsub_redis_addresses_more(const struct wsub_redis_addresses *addresses)
{
    return addresses->next < addresses->list.len;
}

void wsub_redis_addresses_restart(struct wsub_redis_addresses *addresses)
{
    wsub_buf_clear(&addresses->list);
    addresses->next = 0;
}
