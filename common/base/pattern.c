#include "common/base/pattern.h"

#include <string.h>

/* The first piece stands at the start, the last at the end, and taking each one between at
 * its first place leaves the most for those behind it. */
bool wsub_pattern_matches(const char *pattern, size_t len, const char *subject)
{
    const char *end = pattern + len, *wildcard = memchr(pattern, '*', len);
    const char *subject_end = subject + strlen(subject);
    size_t piece = (size_t)((wildcard != NULL ? wildcard : end) - pattern);

    if (strncmp(subject, pattern, piece) != 0)
        return false;
    subject += piece;
    if (wildcard == NULL)
        return subject == subject_end;
    for (;;) {
        pattern = wildcard + 1;
        wildcard = memchr(pattern, '*', (size_t)(end - pattern));
        if (wildcard == NULL)
            break;
        piece = (size_t)(wildcard - pattern);
        subject =
            memmem(subject, (size_t)(subject_end - subject), pattern, piece);
        if (subject == NULL)
            return false;
        subject += piece;
    }
    piece = (size_t)(end - pattern);
    return (size_t)(subject_end - subject) >= piece &&
           memcmp(subject_end - piece, pattern, piece) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool wsub_patterns_next(const char **list, const char **ret_item,
                        size_t *ret_len)
{
    const char *item = *list;
    const char *end = item + strcspn(item, ",");

    if (*item == '\0')
        return false;
    *list = *end == ',' ? end + 1 : end;
    while (item < end && is_blank(*item))
        item++;
    while (end > item && is_blank(end[-1]))
        end--;
    *ret_item = item;
    *ret_len = (size_t)(end - item);
    return true;
}

bool wsub_patterns_match(const char *patterns, const char *subject)
{
    const char *item;
    size_t len;

    while (wsub_patterns_next(&patterns, &item, &len))
        if (len > 0 && wsub_pattern_matches(item, len, subject))
            return true;
    return false;
}
