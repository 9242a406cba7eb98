#include "common/http/retry_after.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define BLANKS " \t"
#define MS_PER_S 1000u

/* strptime() alone is too generous: it takes "Sun,6Nov1994". */
static const struct {
    const char *format;
    size_t len; /* of a date in that form; 0: the day's name varies */
    bool two_digits;
} dates[] = {
    {"%a, %d %b %Y %H:%M:%S GMT", sizeof("Sun, 06 Nov 1994 08:49:37 GMT") - 1,
     false},
    {"%a %b %e %H:%M:%S %Y", sizeof("Sun Nov  6 08:49:37 1994") - 1, false},
    {"%A, %d-%b-%y %H:%M:%S GMT", 0, true},
};

static bool parse_seconds(const char *text, size_t len, uint64_t *ret_ms)
{
    uint64_t seconds = 0;

    if (strspn(text, "0123456789") != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');

        if (seconds > (UINT64_MAX / MS_PER_S - digit) / 10) {
            *ret_ms = UINT64_MAX;
            return true;
        }
        seconds = 10 * seconds + digit;
    }
    *ret_ms = seconds * MS_PER_S;
    return true;
}

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

static bool parse_date(const char *text, size_t len, time_t now, time_t *ret)
{
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        struct tm date = {0};
        int day;

        if ((dates[i].len != 0 && dates[i].len != len) ||
            strptime(text, dates[i].format, &date) != text + len)
            continue;
        if (dates[i].two_digits)
            choose_century(&date, now);
        day = date.tm_mday;
        *ret = timegm(&date);
        return date.tm_mday == day; /* there is no 30 February */
    }
    return false;
}

bool wsub_retry_after_ms(const char *value, time_t now, uint64_t *ret_ms)
{
    char text[64]; /* longer than any date, or any number that makes sense */
    size_t len;
    time_t date;

    value += strspn(value, BLANKS);
    len = strlen(value);
    while (len > 0 && strchr(BLANKS, value[len - 1]) != NULL)
        len--;
    if (len == 0 || len >= sizeof(text))
        return false;
    memcpy(text, value, len);
    text[len] = '\0';
    if (isdigit((unsigned char)text[0]))
        return parse_seconds(text, len, ret_ms);
    if (!parse_date(text, len, now, &date))
        return false;
    *ret_ms = date > now ? (uint64_t)(date - now) * MS_PER_S : 0;
    return true;
}
