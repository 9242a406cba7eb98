#include "common/http/fault.h"

#include <assert.h>

static const struct {
    int status;
    const char *text;
} faults[WSUB_HTTP_FAULT_MAX_] = {
    [WSUB_HTTP_BAD_SYNTAX] = {400, "The request is no valid HTTP."},
    [WSUB_HTTP_BARE_LF] = {400, "A line does not end with CR LF."},
    [WSUB_HTTP_BAD_LINE] = {400, "The request line is not of the form "
                                 "METHOD TARGET HTTP/1.1."},
    [WSUB_HTTP_BAD_METHOD] = {501, "The method is not known here."},
    [WSUB_HTTP_BAD_TARGET] = {400, "The request target holds a byte that "
                                   "does not belong there."},
    [WSUB_HTTP_TARGET_FORM] = {400, "The request target is neither a path "
                                    "nor an absolute http URL with a "
                                    "valid host."},
    [WSUB_HTTP_BAD_VERSION] = {505, "Only HTTP/1.1 and HTTP/1.0 are served."},
    [WSUB_HTTP_FOLDED] = {400, "A header is folded over several lines."},
    [WSUB_HTTP_BAD_NAME] = {400, "A header has no name, or one with a byte "
                                 "that does not belong there."},
    [WSUB_HTTP_BAD_VALUE] = {400, "A header's value holds a control byte."},
    [WSUB_HTTP_NO_HOST] = {400, "The Host header is missing."},
    [WSUB_HTTP_MANY_HOSTS] = {400, "There is more than one Host header."},
    [WSUB_HTTP_BAD_HOST] = {400, "The Host header names no host."},
    [WSUB_HTTP_BAD_LENGTH] = {400, "Content-Length is not a number of "
                                   "bytes."},
    [WSUB_HTTP_MANY_LENGTHS] = {400, "Content-Length must stand once, and not "
                                     "beside Transfer-Encoding."},
    [WSUB_HTTP_BAD_ENCODING] = {400, "The only Transfer-Encoding served is "
                                     "chunked, once, in HTTP/1.1."},
    [WSUB_HTTP_BAD_CHUNK] = {400, "The chunked body is malformed."},
    [WSUB_HTTP_BAD_EXPECT] = {417, "The only expectation met is "
                                   "100-continue."},
    [WSUB_HTTP_LINE_TOO_LONG] = {414, "The request line is longer than "
                                      "8 KiB."},
    [WSUB_HTTP_HEAD_TOO_LARGE] = {431, "The request line and headers are "
                                       "larger than 16 KiB."},
    [WSUB_HTTP_TOO_MANY_FIELDS] = {431, "There are more than 100 headers."},
    [WSUB_HTTP_BODY_TOO_LARGE] = {413, "The body is larger than "
                                       "this path takes, or than "
                                       "max_body_bytes."},
    [WSUB_HTTP_TOO_SLOW] = {408, "The request did not arrive in time."},
};

int wsub_http_fault_status(enum wsub_http_fault fault)
{
    assert(fault > WSUB_HTTP_FINE && fault < WSUB_HTTP_FAULT_MAX_);
    return faults[fault].status;
}

const char *wsub_http_fault_text(enum wsub_http_fault fault)
{
    assert(fault > WSUB_HTTP_FINE && fault < WSUB_HTTP_FAULT_MAX_);
    return faults[fault].text;
}

enum wsub_http_stat wsub_http_fault_stat(enum wsub_http_fault fault)
{
    switch (wsub_http_fault_status(fault)) {
    case 408:
        return WSUB_HTTP_STAT_TOO_SLOW;
    case 413:
    case 414:
    case 431:
        return WSUB_HTTP_STAT_TOO_LARGE;
    default:
        return WSUB_HTTP_STAT_BAD_REQUEST;
    }
}
