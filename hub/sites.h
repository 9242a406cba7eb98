/* sites.h - GET /admin/sites: the deployments, and which hubs serve each. */
#ifndef HUB_SITES_H
#define HUB_SITES_H

#include "common/http/route.h"

/* Responds {"sites": [{"version", "site", "public_url", "hubs"}]}, by their
 * names. */
wsub_http_handler hub_sites;

#endif
