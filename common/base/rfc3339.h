/* rfc3339.h - times as RFC 3339 spells them: 2026-11-29T10:00:00Z, with a fraction
 * of the second or without, and any offset. */
#ifndef WSUB_BASE_RFC3339_H
#define WSUB_BASE_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/* Sets *ret_ms to Unix time; digits beyond milliseconds count for nothing.  False
 * when it is no such time, or one before 1970. */
bool wsub_rfc3339_parse(const char *text, uint64_t *ret_ms);

#endif
