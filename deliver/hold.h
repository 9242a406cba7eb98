/* hold.h - entries that deliver can't interpret are held (common/store/held.h). */
#ifndef DELIVER_HOLD_H
#define DELIVER_HOLD_H

struct wsub_store;
struct wsub_stream_entry;

/* Holds a claimed entry of a lane or of `verify`, and says so; `why` names what
 * can't be interpreted.  `on_done`, which may be NULL, is called once, later, when
 * the entry is this process' no more. */
void deliver_hold_entry(struct wsub_store *store, const char *stream,
                        const struct wsub_stream_entry *entry, const char *why,
                        void (*on_done)(void *arg), void *arg);

#endif
