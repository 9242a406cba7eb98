/* utf8.h - whether bytes are UTF-8 (RFC 3629). */
#ifndef WSUB_BASE_UTF8_H
#define WSUB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the character at the beginning of `text` has, of which `left` are
 * there, at least 1.  0 when it is none: broken off, longer than it need be, a
 * surrogate, beyond U+10FFFF, or a zero byte. */
size_t wsub_utf8_char_bytes(const char *text, size_t left);

/* Whether all of `s` are such characters. */
bool wsub_utf8_is(const char *s, size_t len);

#endif
