/* hold.h - entries that deliver can't interpret are held (common/store/held.h). */
#ifndef DELIVER_HOLD_H
#define DELIVER_HOLD_H

#include "common/store/held.h"

struct wsub_store;
struct wsub_stream_entry;

/* Holds a claimed entry of a lane or of `verify`, and says so in the log; `why`
 * names what can't be interpreted.  `cb` is called once, later, when the entry is
 * this process' no more, unless the store is closed before; it may be NULL. */
void deliver_hold_entry(struct wsub_store *store, const char *stream,
                        const struct wsub_stream_entry *entry, const char *why,
                        wsub_hold_cb *cb, void *arg);

/* Counts what became of it; for a `cb`. */
void deliver_hold_count(enum wsub_held held);

#endif
