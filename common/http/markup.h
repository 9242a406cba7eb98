/* markup.h - how far the markup of a stranger's XML document is harmless.
 *
 * Of each "--" within a comment, which is not allowed, libxml2 2.9 makes an error
 * with a copy of the comment as it is by then: a comment of a million hyphens
 * took minutes.  (It can't be stopped either: after xmlStopParser() in an error
 * handler it reads what it has freed.) */
#ifndef WSUB_HTTP_MARKUP_H
#define WSUB_HTTP_MARKUP_H

#include <stddef.h>

/* The length of the beginning in which all comments are well-formed; `len` when
 * all of them are, or the last one does not end.  Time grows with `len`. */
size_t wsub_markup_harmless(const char *content, size_t len);

#endif
