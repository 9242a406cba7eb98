#include "hub/clients.h"

#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"

#define TOLD_EVERY_US 60000000

struct hub_clients {
    const struct wsub_networks *proxies; /* borrowed */
    struct hub_rates *rates;             /* owned */
    uint64_t told_us; /* when the log said that a header is ignored; 0: never */
};

struct hub_clients *hub_clients_new(const struct wsub_config *config,
                                    const struct wsub_networks *proxies)
{
    struct hub_clients *clients = wsub_calloc(1, sizeof(*clients));

    clients->proxies = proxies;
    clients->rates = hub_rates_new(config);
    return clients;
}

void hub_clients_free(struct hub_clients *clients)
{
    if (clients == NULL)
        return;
    hub_rates_free(clients->rates);
    free(clients);
}

static void tell_ignored(struct hub_clients *clients,
                         const struct wsub_client_address *client)
{
    uint64_t now_us = wsub_now_us();

    if (clients->told_us != 0 && now_us < clients->told_us + TOLD_EVERY_US)
        return;
    clients->told_us = now_us;
    wsub_log_warn("forwarding-header-ignored", WSUB_KV("peer", client->text),
                  WSUB_KV("remedy", "if this is your reverse proxy, name it in "
                                    "trusted_proxies: its clients share the "
                                    "bounds of one"));
}

void hub_clients_find(struct hub_clients *clients,
                      const struct wsub_http_request *req,
                      struct wsub_client_address *ret_client)
{
    if (wsub_client_address_of(clients->proxies, req, ret_client))
        tell_ignored(clients, ret_client);
}

uint32_t hub_clients_take(struct hub_clients *clients, enum hub_rate kind,
                          const struct wsub_client_address *client,
                          uint32_t tokens)
{
    return hub_rates_take(clients->rates, kind, client->key, tokens,
                          wsub_now_us());
}
