#include "common/host/sign.h"

#include "common/http/retry_after.h"

static enum wsub_host_sign sign_of_status(long status)
{
    switch (status) {
    case 304: /* of a fetch */
    case 410: /* nothing is wrong with who says so */
        return WSUB_HOST_SIGN_WELL;
    case 429:
        return WSUB_HOST_SIGN_PUSHBACK;
    case 503:
        return WSUB_HOST_SIGN_OVERLOAD;
    default:
        return status >= 200 && status < 300 ? WSUB_HOST_SIGN_WELL
                                             : WSUB_HOST_SIGN_REFUSED;
    }
}

static enum wsub_host_sign sign_of(const struct wsub_http_response *response)
{
    if (response->status != 0)
        return sign_of_status(response->status);
    switch (response->outcome) {
    case WSUB_HTTP_TIMEOUT:
        return response->connected ? WSUB_HOST_SIGN_TIMEOUT
                                   : WSUB_HOST_SIGN_UNREACHED;
    case WSUB_HTTP_UNREACHED:
        return response->connected ? WSUB_HOST_SIGN_BROKEN
                                   : WSUB_HOST_SIGN_UNREACHED;
    default: /* BLOCKED, STARVED: no request was made */
        return WSUB_HOST_SIGN_NONE;
    }
}

struct wsub_host_report
wsub_host_report_of(const struct wsub_http_response *response, uint64_t cap_ms)
{
    struct wsub_host_report report = {
        .sign = sign_of(response),
        .status = (unsigned)response->status,
        .latency_us = response->duration_ms * 1000,
    };

    if (report.sign == WSUB_HOST_SIGN_PUSHBACK ||
        report.sign == WSUB_HOST_SIGN_OVERLOAD)
        report.asked_ms = wsub_retry_after_of(response, cap_ms);
    return report;
}
