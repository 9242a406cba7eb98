/* api.h - the hub's routes. */
#ifndef HUB_API_H
#define HUB_API_H

#include "common/http/route.h"

/* For what no route takes. */
wsub_http_stray_handler hub_stray;

/* Ends with { 0 }; the handlers' argument is the struct hub. */
extern const struct wsub_http_route hub_routes[];

#endif
