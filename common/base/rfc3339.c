#include "common/base/rfc3339.h"

#include <string.h>
#include <time.h>

#define DIGITS "0123456789"
#define DATE_FORM "dddd-dd-ddTdd:dd:dd"
#define DATE_LEN (sizeof(DATE_FORM) - 1)
#define MS_DIGITS 3

/* `d` of the form stands for a digit, `+` for a sign, other bytes for themselves;
 * T and Z may be small letters. */
static bool has_form(const char *text, const char *form)
{
    for (; *form != '\0'; form++, text++) {
        char c =
            *text == 't' || *text == 'z' ? (char)(*text - 'a' + 'A') : *text;

        if (*form == 'd'   ? c < '0' || c > '9'
            : *form == '+' ? c != '+' && c != '-'
                           : c != *form)
            return false;
    }
    return true;
}

static int two(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/* Takes the fraction of a second, if there is one; returns where it ends, NULL
 * when it is malformed. */
static const char *take_fraction(const char *text, uint64_t *ret_ms)
{
    size_t digits;

    *ret_ms = 0;
    if (*text != '.')
        return text;
    text++;
    digits = strspn(text, DIGITS);
    for (size_t i = 0; i < MS_DIGITS; i++)
        *ret_ms = *ret_ms * 10 + (i < digits ? (uint64_t)(text[i] - '0') : 0);
    return digits > 0 ? text + digits : NULL;
}

/* Takes `Z` or the offset, up to the end; false when it is neither. */
static bool take_offset(const char *text, int64_t *ret_s)
{
    *ret_s = 0;
    if (has_form(text, "Z"))
        return text[1] == '\0';
    if (!has_form(text, "+dd:dd") || text[sizeof("+dd:dd") - 1] != '\0' ||
        two(text + 1) > 23 || two(text + 4) > 59)
        return false;
    *ret_s = (text[0] == '-' ? -60 : 60) *
             (int64_t)(two(text + 1) * 60 + two(text + 4));
    return true;
}

/* Whether timegm() has left it as it was: then there is such a day and time. */
static bool is_real(const struct tm *before, const struct tm *after)
{
    return before->tm_mon == after->tm_mon &&
           before->tm_mday == after->tm_mday &&
           before->tm_hour == after->tm_hour &&
           before->tm_min == after->tm_min && before->tm_sec == after->tm_sec;
}

bool wsub_rfc3339_parse(const char *text, uint64_t *ret_ms)
{
    struct tm date = {0}, given;
    uint64_t fraction_ms;
    int64_t seconds, offset_s;
    const char *rest;

    if (!has_form(text, DATE_FORM))
        return false;
    date.tm_year = two(text) * 100 + two(text + 2) - 1900;
    date.tm_mon = two(text + 5) - 1;
    date.tm_mday = two(text + 8);
    date.tm_hour = two(text + 11);
    date.tm_min = two(text + 14);
    date.tm_sec = two(text + 17);
    given = date;
    seconds = timegm(&date);
    rest = take_fraction(text + DATE_LEN, &fraction_ms);
    if (rest == NULL || !take_offset(rest, &offset_s) ||
        !is_real(&given, &date) || seconds < offset_s)
        return false;
    *ret_ms = (uint64_t)(seconds - offset_s) * 1000 + fraction_ms;
    return true;
}
