/* resolve.h - what a URL reference stands for (RFC 3986 section 5).
 *
 * References come from strangers: the Location of a redirect, the targets of
 * links.  What comes out has passed wsub_url_parse(). */
#ifndef WSUB_HTTP_RESOLVE_H
#define WSUB_HTTP_RESOLVE_H

#include "common/http/url.h"

/* Adds the URL that `reference` stands for in a document at `base` to `out`,
 * without its fragment and with the dot segments of a path resolved; else an
 * absolute one stays byte for byte.  Blanks around the reference don't count.  On any other result than WSUB_URL_FINE nothing
 * is added. */
enum wsub_url_fault wsub_resolve(const char *base, const char *reference,
                                 struct wsub_buf *out);

#endif
