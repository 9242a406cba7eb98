/* networks.h - a list of networks that an operator names.
 *
 * Items separated by commas, blanks around them are ignored: an address
 * (`10.0.0.1`, `2001:db8::1`), a network (`10.0.0.0/8`, `2001:db8::/32`), whose
 * bits behind the prefix are zero, or `unix` for every unix socket.  An IPv4
 * address that is mapped into IPv6 counts as IPv4, in the list (`/96` and
 * longer) as well as in what is compared with it. */
#ifndef WSUB_NET_NETWORKS_H
#define WSUB_NET_NETWORKS_H

#include <stdbool.h>

struct sockaddr;
struct wsub_networks;

#define WSUB_NETWORKS_MAX 256 /* items */

/* Parses `text`; the caller frees the list.  False when an item is none of the
 * above, or there are too many.  The empty text is the empty list. */
bool wsub_networks_parse(const char *text, struct wsub_networks **ret_networks);

void wsub_networks_free(struct wsub_networks *networks);

bool wsub_networks_is_empty(const struct wsub_networks *networks);

/* Whether the address, of AF_INET, AF_INET6 or AF_UNIX, is in one of them. */
bool wsub_networks_has(const struct wsub_networks *networks,
                       const struct sockaddr *address);

#endif
