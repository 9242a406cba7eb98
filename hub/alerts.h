/* alerts.h - GET /admin/alerts: what is wrong now, and what was lately. */
#ifndef HUB_ALERTS_H
#define HUB_ALERTS_H

#include "common/http/route.h"

wsub_http_handler hub_alerts;

#endif
