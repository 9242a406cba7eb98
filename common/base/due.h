/* due.h - which of many comes due first: a binary heap.
 *
 * Whoever has something to do at a time embeds a `struct wsub_due`, zeroed
 * at first.  Setting a time and taking the first cost O(log n). */
#ifndef WSUB_DUE_H
#define WSUB_DUE_H

#include <stddef.h>
#include <stdint.h>

#define WSUB_DUE_NEVER UINT64_MAX

struct wsub_due {
    uint64_t at_us;
    size_t place; /* in the heap, from 1; 0: it is not there */
};

/* Zeroed at first. */
struct wsub_dues {
    struct wsub_due **heap; /* owned; the elements are borrowed */
    size_t count, size;
};

void wsub_dues_done(struct wsub_dues *dues);

/* Sets when `due` comes due; WSUB_DUE_NEVER takes it out. */
void wsub_due_set(struct wsub_dues *dues, struct wsub_due *due, uint64_t at_us);

/* The one that comes due first; NULL when there is none. */
struct wsub_due *wsub_due_first(const struct wsub_dues *dues);

#endif
