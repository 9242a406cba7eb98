/* strict.h - line by line checks that the parsing libraries leave out.
 *
 * Internal to the HTTP server.  http-parser as Debian builds it (not in its
 * strict mode) takes a bare LF for a line end, spaces in names, folded
 * headers and bytes over 0x7f in targets; llhttp takes some of these.  Two
 * readers of one connection that disagree on such bytes are how requests are
 * smuggled, so each line must pass these checks first (RFC 9112 sections 2.2,
 * 3 and 5). */
#ifndef WSUB_HTTP_STRICT_H
#define WSUB_HTTP_STRICT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/http/fault.h"

/* Checks a request line of `len` bytes, without its CR LF: three parts
 * separated by single spaces, the last one HTTP/1.x. */
enum wsub_http_fault wsub_http_strict_request_line(const char *line,
                                                   size_t len);

/* Checks a header or trailer line of `len` bytes, without its CR LF. */
enum wsub_http_fault wsub_http_strict_field(const char *line, size_t len);

/* True when no byte is a control byte other than the tab. */
bool wsub_http_strict_text(const char *bytes, size_t len);

#endif
