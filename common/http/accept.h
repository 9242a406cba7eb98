/* accept.h - which form of a response a client would rather have.
 *
 * (RFC 9110 section 12.5.1.)  Of the ranges that cover a type the most precise
 * one gives its quality; parameters other than q are not looked at, and an
 * element that is malformed is passed over. */
#ifndef WSUB_HTTP_ACCEPT_H
#define WSUB_HTTP_ACCEPT_H

#include <stdbool.h>

/* True when `accept`, the header's value (NULL without one), prefers
 * application/json to text/plain and text/html: by a higher quality, or by an
 * equal one and a more precise name, so that a bare wildcard means text. */
bool wsub_accept_prefers_json(const char *accept);

#endif
