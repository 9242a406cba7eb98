/* cors.h - which pages of a browser may read what a server responds (Fetch
 * Standard, the CORS protocol).
 *
 * A list names their origins, SCHEME://HOST or SCHEME://HOST:PORT in lower case,
 * separated by commas; `*` stands for all. */
#ifndef WSUB_HTTP_CORS_H
#define WSUB_HTTP_CORS_H

#include <stdbool.h>

/* Whether a text is such a list; "" is an empty one. */
bool wsub_cors_is_list(const char *text);

/* Whether the list has the origin, as a browser sends it. */
bool wsub_cors_has(const char *list, const char *origin);

#endif
