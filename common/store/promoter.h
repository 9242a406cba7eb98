/* promoter.h - due work of the retry sets goes back to its streams.
 *
 * One for a process.  The script that moves due entries returns the time to
 * the next one, so a shard sleeps until then (at most 5 s: another process
 * may have added something earlier and died). */
#ifndef WSUB_STORE_PROMOTER_H
#define WSUB_STORE_PROMOTER_H

#include <stdint.h>

struct event_base;
struct wsub_store;
struct wsub_promoter;

struct wsub_promoter *wsub_promoter_new(struct event_base *base,
                                        struct wsub_store *store);
void wsub_promoter_free(struct wsub_promoter *promoter);

/* This process put work into the shard's retry set, due in `delay_ms`. */
void wsub_promoter_hint(struct wsub_promoter *promoter, unsigned shard,
                        uint64_t delay_ms);

#endif
