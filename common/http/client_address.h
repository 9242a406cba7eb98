/* client_address.h - who the client of a request is.
 *
 * The address of the connection, or, where that is a reverse proxy that the
 * operator trusts, what the proxy says in X-Forwarded-For or Forwarded
 * (RFC 7239): read from the right, the first address that is no trusted proxy.
 * A node that is no address ends the reading: the client is then the proxy that
 * wrote it.  So is one that two headers name differently, since a proxy writes
 * one of them and passes the other one on as a stranger sent it. */
#ifndef WSUB_HTTP_CLIENT_ADDRESS_H
#define WSUB_HTTP_CLIENT_ADDRESS_H

#include <stdbool.h>

#include <netinet/in.h>

struct sockaddr;
struct wsub_http_request;
struct wsub_networks;

#define WSUB_CLIENT_KEY_BYTES 16

/* Plain data. */
struct wsub_client_address {
    char text[INET6_ADDRSTRLEN]; /* "192.0.2.1", "2001:db8::1" or "unix" */
    /* What bounds by client go by: of IPv4 the address (mapped into IPv6), of
     * IPv6 its /64. */
    unsigned char key[WSUB_CLIENT_KEY_BYTES];
};

#define WSUB_CLIENT_NAME_BYTES 12

/* Writes the key as text without blanks: base64url of what counts of it. */
void wsub_client_address_name(const struct wsub_client_address *client,
                              char ret_name[WSUB_CLIENT_NAME_BYTES]);

/* Finds the client behind `peer`, of AF_INET, AF_INET6 or AF_UNIX; the headers
 * are NULL when there are none.  Repeated ones are joined by commas.  Returns
 * whether a header counts for nothing, since `peer` is no trusted proxy. */
bool wsub_client_address_find(const struct wsub_networks *proxies,
                              const struct sockaddr *peer,
                              const char *forwarded,
                              const char *x_forwarded_for,
                              struct wsub_client_address *ret_client);

/* The same for a request. */
bool wsub_client_address_of(const struct wsub_networks *proxies,
                            const struct wsub_http_request *req,
                            struct wsub_client_address *ret_client);

#endif
