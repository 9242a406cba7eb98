/* import.h - POST /admin/import: subscriptions as JSON lines, without verification.
 *
 * A request has one part of what may be a long list: at most HUB_IMPORT_MAX_BYTES.
 * Each line is a subscription; one that is there already stays as it is, so that a
 * part may be sent again. */
#ifndef HUB_IMPORT_H
#define HUB_IMPORT_H

#include "common/http/route.h"

#define HUB_IMPORT_MAX_BYTES 1048576

wsub_http_check hub_import_may_send;
wsub_http_handler hub_import;

#endif
