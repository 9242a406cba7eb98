/* streams.h - streams of a shard that can't be read. */
#ifndef WSUB_STORE_STREAMS_H
#define WSUB_STORE_STREAMS_H

#include <stdint.h>

struct wsub_store;

/* Looks at the streams, names of keys.h, once: one that is damaged is moved out of
 * the way (calls.h). */
void wsub_streams_mend(struct wsub_store *store, unsigned shard,
                       const char *const *names, unsigned count);

/* The pause before a refused read is sent again, after the pause `before`, 0 for
 * none. */
uint32_t wsub_streams_pause_ms(uint32_t before);

#endif
