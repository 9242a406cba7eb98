#include "common/http/date.h"

#include <stddef.h>
#include <string.h>

#define BLANKS " \t"
#define TEXT_BYTES 64 /* longer than any date */

/* strptime() alone is too generous: it takes "Sun,6Nov1994". */
static const struct {
    const char *format;
    size_t len; /* of a date in that form; 0: the day's name varies */
    bool two_digits;
} forms[] = {
    {"%a, %d %b %Y %H:%M:%S GMT", sizeof("Sun, 06 Nov 1994 08:49:37 GMT") - 1,
     false},
    {"%a %b %e %H:%M:%S %Y", sizeof("Sun Nov  6 08:49:37 1994") - 1, false},
    {"%A, %d-%b-%y %H:%M:%S GMT", 0, true},
};

/* A year that seems more than 50 years ahead is the last one with those digits
 * (RFC 9110 section 5.6.7), and the C library's guess is at most 99 off. */
static void choose_century(struct tm *date, time_t now)
{
    struct tm today;

    gmtime_r(&now, &today);
    while (date->tm_year + 50 < today.tm_year)
        date->tm_year += 100;
    while (date->tm_year > today.tm_year + 50)
        date->tm_year -= 100;
}

static bool parse(const char *text, size_t len, time_t now, time_t *ret)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm date = {0};
        int day;

        if ((forms[i].len != 0 && forms[i].len != len) ||
            strptime(text, forms[i].format, &date) != text + len)
            continue;
        if (forms[i].two_digits)
            choose_century(&date, now);
        day = date.tm_mday;
        *ret = timegm(&date);
        return date.tm_mday == day; /* there is no 30 February */
    }
    return false;
}

bool wsub_http_date_parse(const char *text, time_t now, time_t *ret_date)
{
    char trimmed[TEXT_BYTES];
    size_t len;
    time_t date;

    text += strspn(text, BLANKS);
    len = strlen(text);
    while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
        len--;
    if (len == 0 || len >= sizeof(trimmed))
        return false;
    memcpy(trimmed, text, len);
    trimmed[len] = '\0';
    if (!parse(trimmed, len, now, &date))
        return false;
    *ret_date = date;
    return true;
}
