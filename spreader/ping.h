/* ping.h - the announcements that share a fetch, as entries of `pings`. */
#ifndef SPREADER_PING_H
#define SPREADER_PING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/entry_id.h"

/* Zeroed before the first use. */
struct spread_pings {
    struct wsub_entry_id *ids; /* owned; in the order they came */
    size_t count;
    size_t size;       /* of `ids` */
    uint32_t failures; /* of their topic so far: the most that one knows of */
};

/* Forgets all. */
void spread_pings_clear(struct spread_pings *pings);

bool spread_pings_have(const struct spread_pings *pings, const char *id);
void spread_pings_add(struct spread_pings *pings, const char *id,
                      uint32_t failures);

/* Moves all of `from` to `to`, in place of what was there. */
void spread_pings_move(struct spread_pings *to, struct spread_pings *from);

#endif
