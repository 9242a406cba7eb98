/* verdict.h - what a well-tried parsing library makes of a request's head.
 *
 * Internal to the HTTP server.  The server serves what both its own readers
 * (strict.h, parse.h, framing.h) and llhttp or http-parser let pass: a head
 * that others would read in another way is none.  The library only agrees or
 * not; its reasons differ from one to the other and from release to release,
 * so nothing is told of them.  verdict.c is the only file that includes either
 * library (llhttp with WSUB_HAVE_LLHTTP, else http-parser 2.9).  They see the
 * head only: both differ in what they let pass between chunks, so bodies are
 * framed by chunked.h. */
#ifndef WSUB_HTTP_VERDICT_H
#define WSUB_HTTP_VERDICT_H

#include <stddef.h>

#include "common/http/fault.h"
#include "common/http/parse.h"

/* Returns WSUB_HTTP_FINE when the library takes the `len` bytes, which are
 * parsed as `head`, for one whole head of a request, WSUB_HTTP_BAD_SYNTAX
 * otherwise.  It does not see the white space behind values, which is no part
 * of them (RFC 9112 section 5.1) and which it does not take behind a number. */
enum wsub_http_fault wsub_http_verdict(const char *bytes, size_t len,
                                       const struct wsub_http_head *head);

#endif
