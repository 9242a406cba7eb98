/* url.h - topics and callbacks as URLs (RFC 3986, RFC 9110 section 4.2).
 *
 * Only absolute http and https URLs count.  Normalizing decodes
 * percent-encoded unreserved characters (RFC 3986 section 6.2.2.2: %41 is A)
 * and changes nothing else, so that two spellings of one topic are one topic
 * and a callback's query stays byte for byte. */
#ifndef WSUB_HTTP_URL_H
#define WSUB_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define WSUB_URL_MAX_BYTES 2048 /* as sent; longer ones are refused */

struct wsub_url {
    bool https;
    /* Lower case; an IPv6 literal without its brackets, and as RFC 5952 spells
     * it. */
    char host[256];
    uint16_t port; /* 80 or 443 when the URL names none */
};

enum wsub_url_fault {
    WSUB_URL_FINE = 0,
    WSUB_URL_EMPTY,
    WSUB_URL_TOO_LONG,
    WSUB_URL_NOT_HTTP, /* no absolute http or https URL */
    WSUB_URL_FRAGMENT,
    WSUB_URL_USERINFO,
    WSUB_URL_BAD_HOST, /* none, or no host name or address */
    WSUB_URL_BAD_PORT, /* not 1 to 65535 */
    /* Space, control, non-ASCII, quote, <>\^`{|} raw, or a broken
     * percent-escape. */
    WSUB_URL_BAD_BYTE,
    WSUB_URL_FAULT_MAX_
};

/* Checks `text`.  When it is fine *ret_url is filled in, and `normalized` (may
 * be NULL) gets the normalized spelling added. */
enum wsub_url_fault wsub_url_parse(const char *text,
                                   struct wsub_buf *normalized,
                                   struct wsub_url *ret_url);

/* What is wrong, as the end of a sentence: "is longer than 2,048 bytes". */
const char *wsub_url_fault_text(enum wsub_url_fault fault);

/* Adds `text`, a URL or a reference as servers send it, with what no URL may hold
 * percent-encoded: raw UTF-8 and other bytes above ASCII, spaces, and signs such as
 * '|'.  Tabs and line ends are left out.  Other control bytes and a broken escape
 * stay: nobody knows what was meant. */
void wsub_url_repair(struct wsub_buf *out, const char *text);

/* Adds `bytes` percent-encoded: all but RFC 3986's unreserved characters. */
void wsub_url_encode(struct wsub_buf *out, const char *bytes);

#endif
