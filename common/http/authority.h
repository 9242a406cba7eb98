/* authority.h - host and port as a request names them.
 *
 * Internal to the HTTP server: the Host header and the authority of an absolute
 * target are `host[:port]` (RFC 9110 section 7.2, RFC 3986 section 3.2).  A host
 * is a name of unreserved and percent-encoded bytes and sub-delims, an IPv4
 * address, which looks like one, or an IPv6 address in brackets; a port is
 * digits up to 65535, or nothing.  User information is none of it. */
#ifndef WSUB_HTTP_AUTHORITY_H
#define WSUB_HTTP_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the `len` bytes are one; an empty host is none. */
bool wsub_http_is_authority(const char *bytes, size_t len);

#endif
