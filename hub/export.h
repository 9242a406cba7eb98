/* export.h - GET /admin/export: all subscriptions as JSON lines.
 *
 * A stream: what the client has not read is bounded, and the next subscriptions are
 * read once it has.  With secrets=true, which a token for reading is not enough for,
 * each line has its secret. */
#ifndef HUB_EXPORT_H
#define HUB_EXPORT_H

#include "common/http/route.h"

wsub_http_handler hub_export;

#endif
