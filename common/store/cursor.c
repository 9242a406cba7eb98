#include "common/store/cursor.h"

#include <inttypes.h>
#include <stdio.h>

#define ID_NUMBER_BYTES 64 /* MS-SEQ:N, each of up to 20 digits */

/* Parses ID:N; false for `-`. */
static bool parse_number(const char *text, uint64_t *ret_number)
{
    return sscanf(text, "%*[^:]:%" SCNu64, ret_number) == 1;
}

bool wsub_cursor_parse(const char *line, struct wsub_cursor *ret_cursor)
{
    char end[ID_NUMBER_BYTES], resume[ID_NUMBER_BYTES];
    struct wsub_cursor cursor = {0};

    if (sscanf(line, "%*s %*s %*s %" SCNu64 " %*s %63s %63s", &cursor.passed,
               end, resume) != 3)
        return false;
    if (parse_number(end, &cursor.backfill_end) &&
        !parse_number(resume, &cursor.resume_after))
        cursor.resume_after = UINT64_MAX;
    *ret_cursor = cursor;
    return true;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t wsub_cursor_due(const struct wsub_cursor *cursor, uint64_t events)
{
    uint64_t from = larger(cursor->resume_after, cursor->passed);
    uint64_t due = 0;

    if (cursor->backfill_end > cursor->passed)
        due = cursor->backfill_end - cursor->passed;
    if (events > from)
        due += events - from;
    return due;
}
