/* prefix.h - comparing the first bits of network addresses. */
#ifndef WSUB_NET_PREFIX_H
#define WSUB_NET_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the first `bits` bits of both are the same; each is of at least so
 * many. */
bool wsub_prefix_matches(const uint8_t *address, const uint8_t *prefix,
                         unsigned bits);

#endif
