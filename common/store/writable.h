/* writable.h - whether Redis takes writes.
 *
 * Redis may reply and yet refuse every write: its disk is full, its memory is
 * used up, it has become a read-only replica.  Each shard's server is looked at
 * once a second by a write that changes nothing.  For a few seconds a refusal
 * is an incident; beyond, the program is not ready.  (From a replica the link
 * itself parts at the first refusal, so this look is what finds it.) */
#ifndef WSUB_STORE_WRITABLE_H
#define WSUB_STORE_WRITABLE_H

#include <stdbool.h>

#include "common/http/status.h"

struct wsub_writable;
struct wsub_store;

/* Begins to look.  `base` and `store` outlive it. */
struct wsub_writable *wsub_writable_new(struct event_base *base,
                                        struct wsub_store *store);
/* After wsub_store_close(), which ends what is on its way.  NULL is fine. */
void wsub_writable_free(struct wsub_writable *writable);

/* True while every shard takes writes, or has refused them for moments only;
 * else writes why not to `reason`. */
bool wsub_writable_is(const struct wsub_writable *writable,
                      char reason[WSUB_STATUS_REASON_BYTES]);

#endif
