/* host_order.h - orders to open or close the breaker of a host, in all processes. */
#ifndef HUB_HOST_ORDER_H
#define HUB_HOST_ORDER_H

#include "common/http/route.h"

/* POST /admin/hosts/open {"host", "seconds"?}, and .../close {"host"}. */
wsub_http_handler hub_host_open;
wsub_http_handler hub_host_close;

#endif
