#include "common/http/chunked.h"

#include <string.h>

#include "common/base/hex.h"
#include "common/http/parse.h"
#include "common/http/strict.h"

#define SIZE_LINE_MAX_BYTES 512  /* extensions are rare, and short */
#define TRAILERS_MAX_BYTES 16384 /* as the headers */

/* The bytes given to one call of wsub_http_chunked_decode(). */
struct window {
    char *from;
    size_t len;
    size_t used;
    char *to;
    size_t added;
};

void wsub_http_chunked_init(struct wsub_http_chunked *c, size_t max_body_bytes)
{
    *c = (struct wsub_http_chunked){.max_body_bytes = max_body_bytes};
}

/* Finds the next line.  *ret_line stays NULL while its end is not there. */
static enum wsub_http_fault next_line(const struct window *w, size_t max,
                                      enum wsub_http_fault too_long,
                                      const char **ret_line, size_t *ret_len)
{
    const char *line = w->from + w->used;
    size_t there = w->len - w->used;
    const char *end = memchr(line, '\n', there);

    if (end == NULL)
        return there > max ? too_long : WSUB_HTTP_FINE;
    if ((size_t)(end - line) > max)
        return too_long;
    if (end == line || end[-1] != '\r')
        return WSUB_HTTP_BARE_LF;
    *ret_line = line;
    *ret_len = (size_t)(end - line) - 1;
    return WSUB_HTTP_FINE;
}

static bool is_extension(const char *bytes, size_t len)
{
    size_t i = 0;

    if (len == 0)
        return true;
    while (i < len && (bytes[i] == ' ' || bytes[i] == '\t'))
        i++;
    return i < len && bytes[i] == ';' && wsub_http_strict_text(bytes, len);
}

static enum wsub_http_fault take_size(struct wsub_http_chunked *c,
                                      const char *line, size_t len)
{
    size_t size = 0, i = 0;
    size_t room = c->max_body_bytes - c->body_bytes;

    for (; i < len && wsub_hex_digit(line[i]) >= 0; i++) {
        if (size > SIZE_MAX >> 5)
            return WSUB_HTTP_BODY_TOO_LARGE;
        size = size * 16 + (size_t)wsub_hex_digit(line[i]);
    }
    if (i == 0 || !is_extension(line + i, len - i))
        return WSUB_HTTP_BAD_CHUNK;
    if (size > room)
        return WSUB_HTTP_BODY_TOO_LARGE;
    c->body_bytes += size;
    c->left = size;
    c->state = size > 0 ? WSUB_HTTP_CHUNK_DATA : WSUB_HTTP_CHUNK_TRAILER;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_size(struct wsub_http_chunked *c,
                                      struct window *w)
{
    const char *line = NULL;
    size_t len = 0;
    enum wsub_http_fault fault =
        next_line(w, SIZE_LINE_MAX_BYTES, WSUB_HTTP_BAD_CHUNK, &line, &len);

    if (fault != WSUB_HTTP_FINE || line == NULL)
        return fault;
    w->used += len + 2;
    return take_size(c, line, len);
}

static enum wsub_http_fault read_data(struct wsub_http_chunked *c,
                                      struct window *w)
{
    size_t there = w->len - w->used;
    size_t n = there < c->left ? there : c->left;

    memmove(w->to + w->added, w->from + w->used, n);
    w->used += n;
    w->added += n;
    c->left -= n;
    if (c->left == 0)
        c->state = WSUB_HTTP_CHUNK_END;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_end(struct wsub_http_chunked *c,
                                     struct window *w)
{
    size_t there = w->len - w->used;

    if (memcmp(w->from + w->used, "\r\n", there < 2 ? there : 2) != 0)
        return WSUB_HTTP_BAD_CHUNK;
    if (there < 2)
        return WSUB_HTTP_FINE;
    w->used += 2;
    c->state = WSUB_HTTP_CHUNK_SIZE;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_trailer(struct wsub_http_chunked *c,
                                         struct window *w)
{
    const char *line = NULL;
    size_t len = 0;
    enum wsub_http_fault fault =
        next_line(w, TRAILERS_MAX_BYTES - c->trailer_bytes,
                  WSUB_HTTP_HEAD_TOO_LARGE, &line, &len);

    if (fault != WSUB_HTTP_FINE || line == NULL)
        return fault;
    w->used += len + 2;
    if (len == 0) {
        c->state = WSUB_HTTP_CHUNK_DONE;
        return WSUB_HTTP_FINE;
    }
    if (++c->trailers > WSUB_HTTP_FIELDS_MAX)
        return WSUB_HTTP_TOO_MANY_FIELDS;
    c->trailer_bytes += len + 1;
    return wsub_http_strict_field(line, len);
}

static enum wsub_http_fault (*const steps[])(struct wsub_http_chunked *,
                                             struct window *) = {
    [WSUB_HTTP_CHUNK_SIZE] = read_size,
    [WSUB_HTTP_CHUNK_DATA] = read_data,
    [WSUB_HTTP_CHUNK_END] = read_end,
    [WSUB_HTTP_CHUNK_TRAILER] = read_trailer,
};

enum wsub_http_fault wsub_http_chunked_decode(struct wsub_http_chunked *c,
                                              char *from, size_t len, char *to,
                                              size_t *ret_used,
                                              size_t *ret_added)
{
    struct window w = {.from = from, .len = len, .to = to};
    enum wsub_http_fault fault = WSUB_HTTP_FINE;
    size_t before;

    do {
        before = w.used;
        fault = steps[c->state](c, &w);
    } while (fault == WSUB_HTTP_FINE && c->state != WSUB_HTTP_CHUNK_DONE &&
             w.used > before && w.used < w.len);
    *ret_used = w.used;
    *ret_added = w.added;
    return fault;
}
