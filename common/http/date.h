/* date.h - the dates of header fields (RFC 9110 section 5.6.7). */
#ifndef WSUB_HTTP_DATE_H
#define WSUB_HTTP_DATE_H

#include <stdbool.h>
#include <time.h>

/* Sets *ret_date to the Unix time that `text` names in one of the three forms;
 * `now` (Unix) decides the century of the one that has two digits for its year.
 * Blanks around it don't count.  Returns false for anything else. */
bool wsub_http_date_parse(const char *text, time_t now, time_t *ret_date);

#endif
