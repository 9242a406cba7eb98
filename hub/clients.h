/* clients.h - who sends a request, and whether that client may send it now.
 *
 * The client is the address of the connection, or what a trusted proxy says.  A
 * forwarding header of anybody else counts for nothing, and a line of the log
 * says so once a minute: behind a proxy that is not named all clients are one,
 * and share its rates. */
#ifndef HUB_CLIENTS_H
#define HUB_CLIENTS_H

#include <stdint.h>

#include "common/http/client_address.h"
#include "hub/rates.h"

struct hub_clients;
struct wsub_config;
struct wsub_http_request;
struct wsub_networks;

/* `proxies`, those of trusted_proxies, outlives it. */
struct hub_clients *hub_clients_new(const struct wsub_config *config,
                                    const struct wsub_networks *proxies);
void hub_clients_free(struct hub_clients *clients); /* NULL is fine */

void hub_clients_find(struct hub_clients *clients,
                      const struct wsub_http_request *req,
                      struct wsub_client_address *ret_client);

/* As hub_rates_take(), now. */
uint32_t hub_clients_take(struct hub_clients *clients, enum hub_rate kind,
                          const struct wsub_client_address *client,
                          uint32_t tokens);

#endif
