/* fetch.h - from an announcement to an event: fetch the topic.
 *
 *   loading -> requesting -> storing -> gone, or loading for later announcements
 *      '--(no subscribers)------^
 *
 * Announcements of a topic that come before its request share it; those that
 * come later share the next one, since the content may have changed
 * meanwhile. */
#ifndef SPREADER_FETCH_H
#define SPREADER_FETCH_H

#include <stdbool.h>

#include "spreader/topics.h"

struct spread_fetcher;
struct wsub_stream_entry;

struct spread_fetcher *
spread_fetcher_new(const struct spread_topics_options *options);
/* The store and the client are closed before. */
void spread_fetcher_free(struct spread_fetcher *fetcher);

/* Takes a claimed entry of `pings` that has passed spread_check_ping(); it is
 * over once its outcome is in Redis. */
void spread_fetch_start(struct spread_fetcher *fetcher,
                        const struct wsub_stream_entry *entry);

/* True when nothing is fetched or stored. */
bool spread_fetcher_idle(const struct spread_fetcher *fetcher);

#endif
