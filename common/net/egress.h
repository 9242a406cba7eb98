/* egress.h - where the programs may connect to on behalf of strangers.
 *
 *   address: in deny_networks? --> no
 *            in allow_networks, or allow_private_networks? --> yes
 *            global (addr.h)? --> yes
 *   port:    in the list
 *
 * Those who connect for themselves (to Redis) have no such limits: NULL in place
 * of an egress is one that lets everything through. */
#ifndef WSUB_NET_EGRESS_H
#define WSUB_NET_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;
struct wsub_config;
struct wsub_egress;

/* From the settings; `config` was checked. */
struct wsub_egress *wsub_egress_new(const struct wsub_config *config);
void wsub_egress_free(struct wsub_egress *egress);

/* For an address of AF_INET or AF_INET6. */
bool wsub_egress_allows(const struct wsub_egress *egress,
                        const struct sockaddr *address);

/* The same for text such as "10.0.0.1", "::1" or "[::1]".  Text that is no address
 * literal is not allowed; *ret_literal tells which of the two it was. */
bool wsub_egress_allows_text(const struct wsub_egress *egress, const char *text,
                             bool *ret_literal);

/* Whether no address is refused. */
bool wsub_egress_allows_all(const struct wsub_egress *egress);

bool wsub_egress_allows_port(const struct wsub_egress *egress, uint16_t port);

#define WSUB_PORT_RANGES_MAX 64

/* Whether `text` is a list of ports: "80, 443, 1024-65535". */
bool wsub_egress_is_ports(const char *text);

#endif
