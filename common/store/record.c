#include "common/store/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool take_number(char **rest, uint64_t *ret)
{
    char *end;

    if (**rest < '0' || **rest > '9')
        return false;
    errno = 0;
    *ret = strtoull(*rest, &end, 10);
    if (errno != 0 || *end != ' ')
        return false;
    *rest = end + 1;
    return true;
}

static bool take_flags(char **rest, struct wsub_record *record)
{
    char flag = **rest;
    size_t len = strcspn(*rest, " ");

    if (len == 0 || (*rest)[len] == '\0' || strchr("-fco", flag) == NULL ||
        !wsub_choices_parse(*rest + 1, len - 1, &record->choices))
        return false;
    record->ordered = flag == 'o';
    record->in_cursor_mode = flag == 'o' || flag == 'f';
    record->in_backfill = flag == 'c';
    *rest += len + 1;
    return true;
}

/* CALLBACK SECRET, up to `end`. */
static bool take_texts(char *rest, const char *end, struct wsub_record *record)
{
    char *space = memchr(rest, ' ', (size_t)(end - rest));

    if (space == NULL || space == rest || space + 1 == end)
        return false;
    *space = '\0';
    record->callback = rest;
    record->secret = space + 1;
    record->secret_len = (size_t)(end - record->secret);
    if (record->secret_len == 1 && record->secret[0] == '-')
        record->secret_len = 0;
    return true;
}

enum wsub_err wsub_record_parse(char *line, size_t len,
                                struct wsub_record *ret_record)
{
    struct wsub_record record;
    uint64_t version;
    char *rest = line;

    if (!take_number(&rest, &version) || version != 1 ||
        !take_number(&rest, &record.expires_s) ||
        !take_number(&rest, &record.lease_s) ||
        !take_number(&rest, &record.generation) ||
        !take_flags(&rest, &record) || !take_texts(rest, line + len, &record))
        return WSUB_ERR_INVALID;
    *ret_record = record;
    return WSUB_OK;
}
