#include "spreader/validators.h"

#include <stdio.h>
#include <string.h>

#include "common/http/date.h"

#define CLEARLY_EARLIER_S 60

static bool is_weak(const char *etag)
{
    return strncmp(etag, "W/", 2) == 0;
}

/* nginx, and servers that follow it, make an ETag of the second of the change
 * and the length, both in hex: "5f8a1b2c-1d4".  It is not weak by its form. */
static bool names_second(const char *etag, time_t modified)
{
    char start[24];

    snprintf(start, sizeof(start), "\"%llx-", (unsigned long long)modified);
    return strncmp(etag, start, strlen(start)) == 0;
}

struct spread_validators spread_validators_of(const char *etag,
                                              const char *last_modified,
                                              const char *date, time_t now)
{
    struct spread_validators found = {0};
    time_t modified = 0, sent;
    bool is_dated = wsub_http_date_parse(last_modified, now, &modified);

    found.last_modified = is_dated && wsub_http_date_parse(date, now, &sent) &&
                          sent - modified >= CLEARLY_EARLIER_S;
    found.etag =
        etag[0] != '\0' &&
        (found.last_modified ||
         !(is_weak(etag) || (is_dated && names_second(etag, modified))));
    return found;
}
