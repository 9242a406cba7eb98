#include "hub/lines.h"

#include <string.h>

static void wipe(struct wsub_buf *bytes)
{
    if (bytes->data != NULL)
        explicit_bzero(bytes->data, bytes->len);
    wsub_buf_done(bytes);
}

/* Not by growing the bytes that are here: that would leave copies of them behind. */
void hub_lines_add(struct hub_lines *lines, const char *bytes, size_t len,
                   bool is_last)
{
    struct wsub_buf all = {0};
    size_t left = lines->bytes.len - lines->at;

    wsub_buf_reserve(&all, left + len);
    if (left > 0)
        wsub_buf_add(&all, lines->bytes.data + lines->at, left);
    wsub_buf_add(&all, bytes, len);
    wipe(&lines->bytes);
    lines->bytes = all;
    lines->at = 0;
    lines->is_whole = is_last;
}

/* Returns whether there is a line, whose end may be that of the body, and moves behind
 * it. */
static bool take(struct hub_lines *lines, const char **ret_line,
                 size_t *ret_len)
{
    const char *line = wsub_buf_cstr(&lines->bytes) + lines->at;
    size_t left = lines->bytes.len - lines->at;
    const char *end = memchr(line, '\n', left);

    *ret_line = line;
    *ret_len = end != NULL ? (size_t)(end - line) : left;
    if (end == NULL && (!lines->is_whole || left == 0))
        return false;
    lines->at += *ret_len + (end != NULL ? 1 : 0);
    if (*ret_len > 0 && line[*ret_len - 1] == '\r')
        --*ret_len;
    return true;
}

enum hub_line hub_lines_next(struct hub_lines *lines, const char **ret_line,
                             size_t *ret_len)
{
    bool is_found = take(lines, ret_line, ret_len);

    if (lines->skips && is_found) {
        lines->skips = false;
        is_found = take(lines, ret_line, ret_len);
    }
    if (lines->skips) {
        lines->at = lines->bytes.len;
        return HUB_LINE_NONE;
    }
    if (*ret_len <= HUB_LINE_MAX_BYTES)
        return is_found ? HUB_LINE : HUB_LINE_NONE;
    if (!is_found) {
        lines->skips = true;
        lines->at = lines->bytes.len;
    }
    return HUB_LINE_TOO_LONG;
}

void hub_lines_done(struct hub_lines *lines)
{
    wipe(&lines->bytes);
    *lines = (struct hub_lines){0};
}
