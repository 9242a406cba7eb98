/* subject.h - what the patterns of settings (pattern.h) are compared with.
 *
 * One spelling of each host, so that no other gets around a list. */
#ifndef WSUB_HTTP_SUBJECT_H
#define WSUB_HTTP_SUBJECT_H

#include "common/base/buf.h"
#include "common/http/url.h"

/* Of an http(s) URL: scheme and host in lower case, no dot behind the host, an
 * IPv6 address as RFC 5952 spells it, one that is mapped as the IPv4 address, no
 * default port, "/" for an empty path.  Of anything else: itself. */
void wsub_subject(const char *normalized, struct wsub_buf *ret_subject);

/* The host alone, in the same spelling; an IPv6 address in its brackets. */
void wsub_subject_host(const struct wsub_url *url, struct wsub_buf *ret_host);

/* A list of patterns with IPv6 hosts in the same spelling; the caller frees
 * it. */
char *wsub_subject_patterns(const char *patterns);

#endif
