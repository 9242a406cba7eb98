/* replay_order.h - POST /admin/replay: an operator wants events delivered again.
 *
 * {"topic", "from", "to"?, "callback"?}: those of the topic and below it that are in
 * the log, to all subscriptions to that topic or to one.  `from` and `to` are times
 * of RFC 3339 or ids of events. */
#ifndef HUB_REPLAY_ORDER_H
#define HUB_REPLAY_ORDER_H

#include "common/http/route.h"

/* Responds 202 {"id": ID}. */
wsub_http_handler hub_replay_order;

#endif
