/* health.h - what operators ask of the coordinator about the health of what is in
 * Redis, and what it has said (docs/PROTOCOL.md, "Health").
 *
 * The hub asks by Redis and a cluster event, and does not wait: 202. */
#ifndef HUB_HEALTH_H
#define HUB_HEALTH_H

#include "common/http/route.h"

/* All that a body of these says. */
#define HUB_HEALTH_BODY_MAX_BYTES 4096

/* The check of a route whose body is JSON: who may, and 415. */
wsub_http_check hub_health_may_send;

/* The handlers; `hub` is a struct hub. */
wsub_http_handler hub_health_check;   /* POST /admin/health/check */
wsub_http_handler hub_health_last;    /* GET /admin/health/last */
wsub_http_handler hub_health_cleanup; /* GET /admin/health/cleanup */
wsub_http_handler hub_health_switch;  /* PUT /admin/health/cleanup */
wsub_http_handler hub_health_clean;   /* POST /admin/health/cleanup */
wsub_http_handler hub_fsck_start;     /* POST /admin/fsck */
wsub_http_handler hub_fsck;           /* GET /admin/fsck */

#endif
