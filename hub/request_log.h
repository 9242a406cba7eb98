/* request_log.h - a line of the log for each request (access_log=yes). */
#ifndef HUB_REQUEST_LOG_H
#define HUB_REQUEST_LOG_H

#include <stdint.h>

struct hub;
struct wsub_http_request;

/* To be called for every request, when its response is there.  The query is left
 * out of the line, as it may have a token. */
void hub_request_log(struct hub *hub, const struct wsub_http_request *req,
                     int status, uint64_t took_us);

#endif
