/* addr.h - which network addresses the programs may connect to.
 *
 * Callbacks and topics come from strangers, so nothing outside global unicast
 * space is contacted: no loopback, private, link-local, shared (100.64/10),
 * documentation, benchmark, multicast, reserved or unspecified address, no
 * IPv6 form that embeds such an IPv4 address (mapped, 6to4, NAT64, Teredo);
 * source: the IANA special-purpose address registries. */
#ifndef WSUB_NET_ADDR_H
#define WSUB_NET_ADDR_H

#include <stdbool.h>

struct sockaddr;

/* True for a global unicast AF_INET or AF_INET6 address. */
bool wsub_addr_is_global(const struct sockaddr *address);

/* The same for text such as "10.0.0.1" or "::1".  Text that is no address
 * literal is not global; *ret_literal tells which of the two it was. */
bool wsub_addr_text_is_global(const char *text, bool *ret_literal);

#endif
