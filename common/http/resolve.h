/* resolve.h - what a URL reference stands for (RFC 3986 section 5).
 *
 * References come from strangers: the Location of a redirect, the targets of
 * links.  What comes out has passed wsub_url_parse(). */
#ifndef WSUB_HTTP_RESOLVE_H
#define WSUB_HTTP_RESOLVE_H

#include "common/http/url.h"

/* Adds the URL that `reference` stands for in a document at `base` to `out`,
 * without its fragment.  What no URL may hold is percent-encoded first
 * (wsub_url_repair()).  Otherwise an absolute one stays byte for byte, dot
 * segments too: a link names a topic as that is spelled.  Blanks around the
 * reference don't count.  With a `base` of "" only absolute ones can be told.  On any other result than WSUB_URL_FINE nothing is added. */
enum wsub_url_fault wsub_resolve(const char *base, const char *reference,
                                 struct wsub_buf *out);

/* The same for the Location of a redirect, which names no topic: an absolute
 * one loses its dot segments (RFC 3986 section 5.2.2) as a relative one does. */
enum wsub_url_fault wsub_resolve_location(const char *base,
                                          const char *location,
                                          struct wsub_buf *out);

#endif
