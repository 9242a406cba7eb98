/* import.h - POST /admin/import: subscriptions as JSON lines, without verification.
 *
 * The list has no largest size: it is read, and done, part by part.  Each line is a
 * subscription; one that is there already stays as it is, so that a list may be sent
 * again. */
#ifndef HUB_IMPORT_H
#define HUB_IMPORT_H

#include "common/http/route.h"

wsub_http_check hub_import_may_send;
wsub_http_handler hub_import;

#endif
