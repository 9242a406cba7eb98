#include "common/http/retry_after.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "common/http/date.h"

#define BLANKS " \t"
#define MS_PER_S 1000u
#define DIGITS_MAX 63 /* of any number that makes sense */

/* Digits with blanks around them. */
static bool parse_seconds(const char *text, uint64_t *ret_ms)
{
    size_t len = strspn(text, "0123456789");
    uint64_t seconds = 0;

    if (len > DIGITS_MAX || text[len + strspn(text + len, BLANKS)] != '\0')
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

bool wsub_retry_after_ms(const char *value, time_t now, uint64_t *ret_ms)
{
    time_t date;

    value += strspn(value, BLANKS);
    if (isdigit((unsigned char)value[0]))
        return parse_seconds(value, ret_ms);
    if (!wsub_http_date_parse(value, now, &date))
        return false;
    *ret_ms = date > now ? (uint64_t)(date - now) * MS_PER_S : 0;
    return true;
}

uint64_t wsub_retry_after_of(const struct wsub_http_response *response,
                             uint64_t cap_ms)
{
    struct curl_header *header;
    uint64_t ms;

    if (response->status == 0 ||
        curl_easy_header(response->easy, "Retry-After", 0, CURLH_HEADER, -1,
                         &header) != CURLHE_OK ||
        !wsub_retry_after_ms(header->value, time(NULL), &ms))
        return 0;
    return ms < cap_ms ? ms : cap_ms;
}
