/* ares_result.h - what a result of c-ares means for us.
 *
 * Internal to the resolver. */
#ifndef WSUB_NET_ARES_RESULT_H
#define WSUB_NET_ARES_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/net/names.h"

struct ares_addrinfo;
struct wsub_egress;

/* Adds the addresses of `result` (NULL unless `status` is ARES_SUCCESS) to
 * `addresses`, as in struct wsub_name: only those that
 * the egress allows, and no more than a few, since strangers run name
 * servers.  IPv6 comes first where there is a route for it.  *ret_ttl_s is
 * the shortest time to live. */
enum wsub_name_status wsub_ares_result(int status,
                                       const struct ares_addrinfo *result,
                                       const struct wsub_egress *egress,
                                       struct wsub_buf *addresses,
                                       uint32_t *ret_ttl_s);

#endif
