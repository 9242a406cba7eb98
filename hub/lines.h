/* lines.h - the lines of a body that comes in parts (common/http/parts.h).
 *
 * A line may begin in one part and end in another.  What is done with is wiped: it may
 * have a secret. */
#ifndef HUB_LINES_H
#define HUB_LINES_H

#include <stdbool.h>

#include "common/base/buf.h"

#define HUB_LINE_MAX_BYTES 65536

struct hub_lines {
    struct wsub_buf bytes; /* owned; that are not done with */
    size_t at;             /* the next line */
    bool is_whole;         /* the last part is here */
    bool skips;            /* up to the end of a line that is too long */
};

enum hub_line {
    HUB_LINE,
    HUB_LINE_TOO_LONG, /* it is skipped */
    HUB_LINE_NONE,     /* in what is here */
};

/* Adds a part. */
void hub_lines_add(struct hub_lines *lines, const char *bytes, size_t len,
                   bool is_last);

/* The next line without its end (LF, or CR LF), up to the next call. */
enum hub_line hub_lines_next(struct hub_lines *lines, const char **ret_line,
                             size_t *ret_len);

void hub_lines_done(struct hub_lines *lines);

#endif
