/* check.h - whether an entry of `log` or `pings` can be used.
 *
 * Any program may append to the two (docs/PROTOCOL.md, "Direct producers"), so
 * an entry is input from outside.  What passes is safe to hash, to fetch, and
 * to put into the headers of deliveries; and the operator lets it be
 * delivered. */
#ifndef SPREADER_CHECK_H
#define SPREADER_CHECK_H

#include <stdbool.h>

#define SPREAD_WHY_BYTES 160
#define SPREAD_TYPE_MAX_BYTES 1024 /* of a Content-Type */

struct wsub_store;
struct wsub_stream_entry;

/* What is wrong with an entry decides what becomes of it. */
enum spread_check {
    SPREAD_CHECK_FINE,
    SPREAD_CHECK_WRONG, /* it is rejected */
    SPREAD_CHECK_NEWER, /* of a newer version: it is held */
};

/* Unless the entry is fine, one phrase that says what is wrong goes to `why`. */
enum spread_check spread_check_event(const struct wsub_store *store,
                                     const struct wsub_stream_entry *entry,
                                     char why[SPREAD_WHY_BYTES]);
enum spread_check spread_check_ping(const struct wsub_store *store,
                                    const struct wsub_stream_entry *entry,
                                    char why[SPREAD_WHY_BYTES]);

/* The digest of an event's content when that was fetched, else "".  Borrowed from
 * the entry. */
const char *spread_check_digest(const struct wsub_stream_entry *entry);

/* True when `type` may be a delivery's Content-Type. */
bool spread_check_type(const char *type);

#endif
