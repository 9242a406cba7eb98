/* validators.h - which validators of a response may be sent with the next fetch.
 *
 * A validator that stays the same though the content has changed makes the
 * publisher respond 304, and the change is lost.  So one that may be made of
 * seconds counts only when they are over:
 *
 *   Last-Modified      at least a minute before the response's Date (RFC 9110
 *                      section 8.8.2.2; the minute is for two clocks that
 *                      differ, as RFC 7232 had it)
 *   a weak ETag, or
 *   one that names the
 *   second itself      where there is such a Last-Modified
 *   any other ETag     always
 *
 * The price is a fetch that is not conditional; equal content is told by its
 * digest then.  Pure. */
#ifndef SPREADER_VALIDATORS_H
#define SPREADER_VALIDATORS_H

#include <stdbool.h>
#include <time.h>

struct spread_validators {
    bool etag, last_modified; /* it counts */
};

/* The arguments are values of header fields, "" for one that is missing.  `now`
 * (Unix) tells the century of a date with two digits for its year. */
struct spread_validators spread_validators_of(const char *etag,
                                              const char *last_modified,
                                              const char *date, time_t now);

#endif
