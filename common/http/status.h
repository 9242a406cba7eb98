/* status.h - what every program tells machines: /healthz, /readyz, /metrics.
 *
 * Functions that respond to a request, for a program with routes of its own,
 * and a whole server for those without.  Health says that the loop of the
 * process runs; readiness asks the program. */
#ifndef WSUB_HTTP_STATUS_H
#define WSUB_HTTP_STATUS_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/http/route.h"

struct event_base;
struct wsub_http_request;
struct wsub_http_server;

#define WSUB_STATUS_REASON_BYTES 128

/* Who knows whether the program is ready. */
struct wsub_status_source {
    /* True when it is, else false; writes why not, or what is not as it should
     * be nevertheless, to `reason`: a sentence without its line end. */
    bool (*ready)(void *arg, char reason[WSUB_STATUS_REASON_BYTES]);
    /* Responds to /healthz; NULL: wsub_status_health() does. */
    wsub_http_handler *health;
    void *arg; /* borrowed; outlives the server */
};

/* 200 "ok". */
void wsub_status_health(struct wsub_http_request *req);

/* 200 "ready" (": " and the reason, when there is one), else 503 with the
 * reason. */
void wsub_status_ready(struct wsub_http_request *req,
                       const struct wsub_status_source *source);

/* All registered metrics as Prometheus text. */
void wsub_status_metrics(struct wsub_http_request *req);

/* Starts a server of these three at `listen`; "" means none: *ret_server is
 * then NULL, with which drain must not be called and free may.  Errors as
 * wsub_http_server_new().  `source` is borrowed and outlives the server. */
enum wsub_err
wsub_status_server_new(struct event_base *base, const char *listen,
                       struct wsub_status_source *source, char err_text[256],
                       struct wsub_http_server **ret_server) WSUB_MUST_CHECK;

#endif
