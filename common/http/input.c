#include "common/http/input.h"

#include <assert.h>
#include <string.h>

#include <event2/buffer.h>

void wsub_http_input_take(struct evbuffer *input, char *to, size_t len)
{
    struct evbuffer_iovec piece;

    while (len > 0) {
        int pieces = evbuffer_peek(input, (ev_ssize_t)len, NULL, &piece, 1);
        size_t bytes = piece.iov_len < len ? piece.iov_len : len;

        assert(pieces >= 1);
        (void)pieces;
        if (to != NULL) {
            memcpy(to, piece.iov_base, bytes);
            to += bytes;
        }
        explicit_bzero(piece.iov_base, bytes);
        evbuffer_drain(input, bytes);
        len -= bytes;
    }
}
