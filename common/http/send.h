/* send.h - a request that the HTTP client sends, and the response to it. */
#ifndef WSUB_HTTP_SEND_H
#define WSUB_HTTP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

enum wsub_http_outcome {
    WSUB_HTTP_RESPONDED, /* a status and the whole response */
    WSUB_HTTP_TOO_LARGE, /* a status; the body was over its limit */
    WSUB_HTTP_TIMEOUT,   /* maybe after the status */
    WSUB_HTTP_BLOCKED,   /* the address is not allowed */
    /* DNS, connect, TLS, or the connection broke, maybe after the status. */
    WSUB_HTTP_UNREACHED,
};

struct wsub_http_response {
    enum wsub_http_outcome outcome;
    CURLcode code;     /* libcurl's own code for it */
    long status;       /* 0 when none came */
    const char *error; /* a few words; "" with a whole response */
    const char *body;  /* "" when not kept */
    size_t body_len;
    CURL *easy; /* for curl_easy_header() */
    uint64_t duration_ms;
};

/* `response` is valid during the callback, in which new requests may be
 * started. */
typedef void wsub_http_done_cb(const struct wsub_http_response *response,
                               void *arg);

struct wsub_http_send {
    const char *url;                  /* borrowed until done */
    const struct curl_slist *headers; /* borrowed until done; may be NULL */
    const void *body;                 /* borrowed until done; NULL: a GET */
    size_t body_len;
    uint32_t timeout_ms;       /* in total, whatever drips */
    size_t response_max_bytes; /* more than this is WSUB_HTTP_TOO_LARGE */
    bool keep_response;        /* else the body is read and forgotten */
    /* It starts once no response is there to be read, or some milliseconds
     * later: see client.c. */
    bool background;
    wsub_http_done_cb *done;
    void *arg;
};

#endif
