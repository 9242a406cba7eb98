/* chunked.h - the chunked transfer coding (RFC 9112 section 7.1), strictly.
 *
 * Internal to the HTTP server.  Every line ends with CR LF, a size is plain
 * hexadecimal digits, chunk extensions are skipped, trailers are checked like
 * headers and dropped.  Decodes in place and keeps no bytes of its own. */
#ifndef WSUB_HTTP_CHUNKED_H
#define WSUB_HTTP_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/http/fault.h"

enum wsub_http_chunked_state {
    WSUB_HTTP_CHUNK_SIZE,
    WSUB_HTTP_CHUNK_DATA,
    WSUB_HTTP_CHUNK_END,
    WSUB_HTTP_CHUNK_TRAILER,
    WSUB_HTTP_CHUNK_DONE,
};

struct wsub_http_chunked {
    enum wsub_http_chunked_state state;
    size_t max_body_bytes; /* given at the start */
    size_t body_bytes;     /* announced by the sizes so far */
    size_t left;           /* of the current chunk's data */
    size_t trailer_bytes;
    size_t trailers;
};

void wsub_http_chunked_init(struct wsub_http_chunked *c, size_t max_body_bytes);

/* Decodes what it can of the `len` bytes at `from` and moves the data to
 * `to`, which lies at or before `from` in the same memory.  *ret_used is how
 * many bytes are done with, *ret_added how many came to stand at `to`; bytes
 * that are not done with are to be given again, with more behind them.  The
 * body is complete once state is WSUB_HTTP_CHUNK_DONE. */
enum wsub_http_fault wsub_http_chunked_decode(struct wsub_http_chunked *c,
                                              char *from, size_t len, char *to,
                                              size_t *ret_used,
                                              size_t *ret_added);

#endif
