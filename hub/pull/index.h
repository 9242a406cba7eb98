/* index.h - who wants events of which topics.
 *
 * By topic, so that an event finds those that it is for without looking at the
 * others: one lookup for each level of its topic, one for `*`, one for every
 * topic. */
#ifndef HUB_PULL_INDEX_H
#define HUB_PULL_INDEX_H

#include <stddef.h>
#include <sys/queue.h>

#include "hub/pull/topics.h"

struct hub_pull_index;
struct hub_pull_wanted;

/* That somebody wants one topic. */
struct hub_pull_want {
    LIST_ENTRY(hub_pull_want) with; /* others that want the topic */
    struct hub_pull_wanted *wanted; /* borrowed; the topic */
    void *owner;                    /* borrowed; who wants it */
};

/* All that one owner wants; embedded in it, zeroed. */
struct hub_pull_wants {
    struct hub_pull_want *list; /* owned */
    size_t count;
};

struct hub_pull_index *hub_pull_index_new(void);
void hub_pull_index_free(struct hub_pull_index *index); /* NULL is fine */

/* `owner` wants events of the topics from now on. */
void hub_pull_index_add(struct hub_pull_index *index,
                        struct hub_pull_wants *wants,
                        const struct hub_pull_topics *topics, void *owner);

/* It does no more; nothing when it did not. */
void hub_pull_index_remove(struct hub_pull_index *index,
                           struct hub_pull_wants *wants);

/* Calls `found` for each owner that wants events of `topic`, in its normal
 * spelling; more than once for who wants several of its levels.  `found` must
 * not change the index. */
void hub_pull_index_find(const struct hub_pull_index *index, const char *topic,
                         void (*found)(void *owner, void *arg), void *arg);

#endif
