/* on_response.h - what the HTTP server tells its owner of each response. */
#ifndef WSUB_HTTP_ON_RESPONSE_H
#define WSUB_HTTP_ON_RESPONSE_H

#include <stdint.h>

struct wsub_http_request;

/* A request has its response: of `status`, so long after its handler, or check, got
 * it.  Getters of the request work.  Also for one whose client is gone by then, but
 * not for what the server itself refuses. */
typedef void wsub_http_response_cb(const struct wsub_http_request *req,
                                   int status, uint64_t took_us, void *arg);

#endif
