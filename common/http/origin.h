/* origin.h - the origins of URLs (scheme, host, port), parsed once.
 *
 * Internal to the HTTP client.  libcurl takes a parsed URL (CURLOPT_CURLU)
 * quicker than a text.  What comes after the origin goes over the wire byte
 * for byte (CURLOPT_REQUEST_TARGET), so all URLs of a host share one parsed
 * URL, however many there are.  At most as many as given at creation are kept
 * beside those in use: the one used least recently gives way. */
#ifndef WSUB_HTTP_ORIGIN_H
#define WSUB_HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct wsub_http_origins;

/* Valid, and unchanged, until it is given back. */
struct wsub_http_origin {
    CURLU *url; /* owned */
    char *host; /* owned; lower case */
    char *port; /* owned */
    uint16_t port_number;
    unsigned hash;   /* of the host */
    bool is_literal; /* the host is an address, in whatever spelling */
    bool is_https;
    /* A new TLS connection resumes what an earlier one has negotiated, whatever
     * handle makes it; for http one that all share, see below. */
    CURLSH *sessions;
};

/* libcurl 7.88 makes a table of sessions for a request that has none to share,
 * plain ones too, and loses it when the handle's next one has: so none goes
 * without. */
struct wsub_http_origins *wsub_http_origins_new(size_t max);

/* After all origins were given back. */
void wsub_http_origins_free(struct wsub_http_origins *origins);

/* The origin, as it is spelled, of an http or https URL; *ret_rest is where the
 * URL's path, or its query, or its end is.  NULL when libcurl can't parse
 * it, or when the rest has a byte that does not belong into a request line,
 * or a fragment.  Given back by wsub_http_origin_put(). */
struct wsub_http_origin *wsub_http_origin_get(struct wsub_http_origins *origins,
                                              const char *url,
                                              const char **ret_rest);
void wsub_http_origin_put(struct wsub_http_origins *origins,
                          struct wsub_http_origin *origin);

#endif
