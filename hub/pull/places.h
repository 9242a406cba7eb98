/* places.h - where streams of several shards ended.
 *
 * A stream's client comes back with the last event's id, which says how far it was
 * in one shard.  For the others this process remembers it, for those that ended
 * last; who comes back to another hub goes on as start.h says. */
#ifndef HUB_PULL_PLACES_H
#define HUB_PULL_PLACES_H

#include "common/store/pull/subscription.h"

struct hub_pull_places;

struct hub_pull_places *hub_pull_places_new(void);
void hub_pull_places_free(struct hub_pull_places *places); /* NULL is fine */

/* A stream of these topics (their text) has ended behind that event.  Takes the
 * cursors. */
void hub_pull_places_note(struct hub_pull_places *places,
                          const struct wsub_place *event, const char *topics,
                          struct wsub_pull_cursors *cursors);

/* The cursors of such a stream, borrowed until the next call; NULL: none is
 * known. */
const struct wsub_pull_cursors *
hub_pull_places_find(const struct hub_pull_places *places,
                     const struct wsub_place *event, const char *topics);

#endif
