/* address_key.h - what stands for the place that requests to a host go to.
 *
 * An IPv4 address, the /64 of an IPv6 address, since who has one address of it
 * has all; and of a name whose addresses are not known its last two labels, since
 * names below a domain are for free.  Pure. */
#ifndef WSUB_NET_ADDRESS_KEY_H
#define WSUB_NET_ADDRESS_KEY_H

#define WSUB_ADDRESS_KEY_BYTES 132

struct wsub_address_key {
    char text[WSUB_ADDRESS_KEY_BYTES];
};

/* `host` is a name, or an address without brackets, in lower case.  `addresses`
 * are those of a name, as in struct wsub_name, of which the first one counts;
 * "" when none is known. */
void wsub_address_key(const char *host, const char *addresses,
                      struct wsub_address_key *ret_key);

#endif
