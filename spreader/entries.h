/* entries.h - leave out the feed entries that subscribers have had already.
 *
 * With feed_entries=all nothing is looked at, and none are known when the
 * setting changes. */
#ifndef SPREADER_ENTRIES_H
#define SPREADER_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

struct wsub_config;

/* Zeroed before the first use; digests divided by spaces. */
struct spread_entries {
    struct wsub_buf known; /* owned; delivered with the last content */
    struct wsub_buf now;   /* owned; of the content that was taken */
};

void spread_entries_done(struct spread_entries *e);

/* Takes what is kept of the topic; NULL for nothing. */
void spread_entries_load(struct spread_entries *e, const char *known);

/* Adds to `ret_body` what is to be delivered of this content.  Returns false,
 * and adds nothing, when all of it was delivered before. */
bool spread_entries_take(struct spread_entries *e,
                         const struct wsub_config *config, const char *content,
                         size_t len, struct wsub_buf *ret_body);

#endif
