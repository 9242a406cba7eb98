/* fetch.h - from an announcement to an event: fetch the topic.
 *
 *   entering -> loading -> requesting -> storing ---> gone
 *       |          |  '- nobody wants it ----^          ^
 *       |          '---- fetched a moment ago --.       |
 *       '-- its host is busy --------------------'-> putting back
 *
 * A topic is fetched once at a time: Redis hands it out again when it was
 * announced meanwhile (fetch_queue.h).  How often it is fetched is limited by
 * fetch_state.lua, which the loading calls just before the request.  Topics of a
 * shard are loaded, and stored, several in a call (gather.h). */
#ifndef SPREADER_FETCH_H
#define SPREADER_FETCH_H

#include <stdint.h>

#include "spreader/topics.h"

struct event_base;
struct spread_fetcher;
struct wsub_wanted;

struct spread_fetcher *
spread_fetcher_new(struct event_base *base,
                   const struct spread_topics_options *options);
/* The store and the client are closed before. */
void spread_fetcher_free(struct spread_fetcher *fetcher);

/* Fetches a topic that was taken; it is over once its outcome is in Redis. */
void spread_fetch_start(struct spread_fetcher *fetcher,
                        struct spread_shard *shard,
                        const struct wsub_wanted *wanted);

/* Drops what is fetched for the shard. */
void spread_fetcher_close(struct spread_fetcher *fetcher, unsigned shard);

#endif
