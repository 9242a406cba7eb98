/* sign.h - what a request says about where it was sent. */
#ifndef WSUB_HOST_SIGN_H
#define WSUB_HOST_SIGN_H

#include "common/host/ticket.h"
#include "common/http/send.h"

/* A status counts, whatever came after it.  `cap_ms` is the longest time that a
 * server may name by Retry-After. */
struct wsub_host_report
wsub_host_report_of(const struct wsub_http_response *response, uint64_t cap_ms);

#endif
