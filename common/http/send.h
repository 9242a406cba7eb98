/* send.h - a request that the HTTP client sends, and the response to it. */
#ifndef WSUB_HTTP_SEND_H
#define WSUB_HTTP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

/* After it no request was possible: until connections have been closed. */
#define WSUB_HTTP_STARVED_MS 1000

enum wsub_http_outcome {
    WSUB_HTTP_RESPONDED, /* a status and the whole response */
    WSUB_HTTP_TOO_LARGE, /* a status; the body was over its limit */
    WSUB_HTTP_TIMEOUT,   /* maybe after the status */
    WSUB_HTTP_BLOCKED,   /* the address is not allowed */
    /* DNS, connect, TLS, or the connection broke, maybe after the status. */
    WSUB_HTTP_UNREACHED,
    /* This process, or its machine, had no descriptor or memory for it; nothing
     * was sent, and nobody is to be charged.  Try again, a little later. */
    WSUB_HTTP_STARVED,
    WSUB_HTTP_CROWDED, /* may_go was false: nothing was sent */
};

struct wsub_http_response {
    enum wsub_http_outcome outcome;
    CURLcode code;     /* libcurl's own code for it */
    long status;       /* 0 when none came */
    bool connected;    /* the request could be sent */
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
    /* The body is kept, and decoded: codings that libcurl knows are asked for, any
     * other is WSUB_HTTP_UNREACHED.  The limit is for the decoded body.  Else it
     * is read as it comes, and forgotten. */
    bool keep_response;
    size_t keep_first_bytes; /* else so many of them are kept as they come */
    /* It starts once no response is there to be read, or some milliseconds
     * later: see client.c. */
    bool background;
    /* The addresses of the host's name are known (struct wsub_name): may it be
     * sent there?  NULL: it may. */
    bool (*may_go)(const char *addresses, void *arg);
    wsub_http_done_cb *done;
    void *arg; /* of both */
};

#endif
