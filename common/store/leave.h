/* leave.h - the last act of a draining process: its consumers go away. */
#ifndef WSUB_STORE_LEAVE_H
#define WSUB_STORE_LEAVE_H

#include <stddef.h>

struct wsub_store;

/* Removes consumer `consumer` of `group` from the `count` streams of every
 * shard, where it holds nothing.  Calls `on_done` once, when Redis has replied
 * for all shards or cannot be reached; maybe during this call.  A consumer that
 * stays behind is harmless. */
void wsub_leave(struct wsub_store *store, const char *group,
                const char *consumer, const char *const streams[], size_t count,
                void (*on_done)(void *arg), void *arg);

#endif
