/* input.h - take bytes out of a connection's input, and leave none behind.
 *
 * Requests carry secrets and tokens; libevent frees, and uses again, what it has
 * read them into as it is. */
#ifndef WSUB_HTTP_INPUT_H
#define WSUB_HTTP_INPUT_H

#include <stddef.h>

struct evbuffer;

/* Moves the first `len` bytes, which are there, to `to`, and wipes them; NULL:
 * they are wiped only. */
void wsub_http_input_take(struct evbuffer *input, char *to, size_t len);

#endif
