/* orders.h - hosts that an operator opens or closes.
 *
 * An order is for a host of all scopes.  One that is closed stays so until its
 * time is over, whatever its responses say, also when it is forgotten meanwhile;
 * then one request tries it, as after an outage.  One that is opened begins anew,
 * and with it its endpoints that are in use. */
#ifndef WSUB_HOST_ORDERS_H
#define WSUB_HOST_ORDERS_H

#include <stdint.h>

#include "common/http/url.h"

struct wsub_hosts;

/* Nothing is sent to the host until then: its breaker is open.  Those that wait
 * for it learn that it is closed. */
void wsub_host_order_open(struct wsub_hosts *hosts, const struct wsub_url *url,
                          uint64_t until_us, uint64_t now_us);

/* Its breaker is closed, an order to open it is over, and a time that a server
 * named is forgotten.  Those that wait start. */
void wsub_host_order_close(struct wsub_hosts *hosts, const struct wsub_url *url,
                           uint64_t now_us);

/* Private to common/host: forgets all orders. */
void wsub_host_orders_done(struct wsub_hosts *hosts);

#endif
