/* api.h - the hub's routes. */
#ifndef HUB_API_H
#define HUB_API_H

#include "common/http/route.h"
#include "common/http/status.h"

struct hub;

/* For what no route takes. */
wsub_http_stray_handler hub_stray;

/* All there are, wherever they are served (listeners.h).  Ends with { 0 }; the
 * handlers' argument is the struct hub. */
extern const struct wsub_http_route hub_routes[];

/* GET /healthz; `hub` is the struct hub. */
wsub_http_handler hub_api_health;

/* Whether the hub is ready; else why not, or what is not as it should be
 * nevertheless. */
bool hub_api_ready(const struct hub *hub,
                   char reason[WSUB_STATUS_REASON_BYTES]);

#endif
