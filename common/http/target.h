/* target.h - a URL taken apart once, kept for the next request to it.
 *
 * Internal to the HTTP client.  libcurl takes a parsed URL (CURLOPT_CURLU)
 * quicker than a text.  At most as many as given at creation are kept beside
 * those in use: the one used least recently gives way.  The targets of one
 * https host share its TLS sessions, so that a new connection resumes what an
 * earlier one has negotiated, whatever handle makes it. */
#ifndef WSUB_HTTP_TARGET_H
#define WSUB_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

struct wsub_http_host;
struct wsub_http_targets;

/* Valid, and unchanged, until it is given back. */
struct wsub_http_target {
    CURLU *url;       /* owned */
    char *host;       /* owned; lower case */
    char *port;       /* owned */
    unsigned hash;    /* of the host */
    bool is_literal;  /* the host is an address, in whatever spelling */
    CURLSH *sessions; /* of its host; NULL for http */
    struct wsub_http_host *of_host; /* owner of `sessions` */
};

struct wsub_http_targets *wsub_http_targets_new(size_t max);

/* After all targets were given back. */
void wsub_http_targets_free(struct wsub_http_targets *targets);

/* The target of a URL, NULL when libcurl can't take it apart.  Given back by
 * wsub_http_target_put(). */
struct wsub_http_target *wsub_http_target_get(struct wsub_http_targets *targets,
                                              const char *url);
void wsub_http_target_put(struct wsub_http_targets *targets,
                          struct wsub_http_target *target);

#endif
