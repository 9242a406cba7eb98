/* due.h - which of many comes due first: a binary heap.
 *
 * Whoever has something to do at a time embeds a `struct deliver_due`, zeroed
 * at first.  Setting a time and taking the first cost O(log n). */
#ifndef DELIVER_DUE_H
#define DELIVER_DUE_H

#include <stddef.h>
#include <stdint.h>

#define DELIVER_DUE_NEVER UINT64_MAX

struct deliver_due {
    uint64_t at_us;
    size_t place; /* in the heap, from 1; 0: it is not there */
};

/* Zeroed at first. */
struct deliver_dues {
    struct deliver_due **heap; /* owned; the elements are borrowed */
    size_t count, size;
};

void deliver_dues_done(struct deliver_dues *dues);

/* Sets when `due` comes due; DELIVER_DUE_NEVER takes it out. */
void deliver_due_set(struct deliver_dues *dues, struct deliver_due *due,
                     uint64_t at_us);

/* The one that comes due first; NULL when there is none. */
struct deliver_due *deliver_due_first(const struct deliver_dues *dues);

#endif
