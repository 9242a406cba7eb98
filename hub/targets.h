/* targets.h - GET /admin/prometheus-sd: where the live processes serve their
 * metrics, in the form that Prometheus' HTTP service discovery reads. */
#ifndef HUB_TARGETS_H
#define HUB_TARGETS_H

#include "common/http/route.h"

/* [{"targets": [ADDRESS], "labels": {...}}, ...]; a status on a unix socket can't
 * be scraped, and is left out. */
wsub_http_handler hub_targets;

#endif
