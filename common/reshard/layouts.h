/* layouts.h - an old number of shards and a new one.
 *
 * A topic's shard is its digest modulo the number of shards.  So old shard I and
 * new shard J have topics in common exactly where I and J leave the same rest
 * modulo the greatest common divisor of the two numbers: I feeds J.  Each new
 * shard is fed by wsub_layouts_factor() old ones, of which I is number
 * wsub_layouts_part(). */
#ifndef WSUB_RESHARD_LAYOUTS_H
#define WSUB_RESHARD_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>

struct wsub_layouts {
    unsigned from, to; /* numbers of shards; at least 1 */
};

/* The new shards first, first + step ..., `count` of them. */
struct wsub_targets {
    unsigned first, step, count;
};

/* The greatest common divisor. */
unsigned wsub_layouts_classes(const struct wsub_layouts *layouts);

unsigned wsub_layouts_factor(const struct wsub_layouts *layouts);
unsigned wsub_layouts_part(const struct wsub_layouts *layouts,
                           unsigned old_shard);
bool wsub_layouts_feeds(const struct wsub_layouts *layouts, unsigned old_shard,
                        unsigned new_shard);

/* Where a row that `old_shard` gives goes: `place` as lua/lib/reshard_rows.lua
 * has it, with a zero behind.  Returns false when it is none. */
bool wsub_layouts_place(const struct wsub_layouts *layouts, unsigned old_shard,
                        const char *place, struct wsub_targets *ret_targets);

#endif
