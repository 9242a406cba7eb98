/* topics.h - which topics a pull subscription, or a stream, wants.
 *
 * Their normal spellings in one text, as common/store/pull/subscription.h has
 * it; none stands for every topic. */
#ifndef HUB_PULL_TOPICS_H
#define HUB_PULL_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/store/pull/subscription.h"
#include "common/store/pull/tail.h"

struct wsub_store;

struct hub_pull_topics {
    char *text;   /* owned; separated by spaces */
    char *cut;    /* owned; the same, separated by zero bytes */
    size_t count; /* of topics in it */
    bool *shards; /* owned; by number: their events may be there */
};

/* Adds a topic to such a text, unless it has it. */
void hub_pull_topics_add(struct wsub_buf *text, const char *topic);

/* Of a text as Redis has it; the caller ends it. */
void hub_pull_topics_init(struct hub_pull_topics *topics,
                          const struct wsub_store *store, const char *text);
void hub_pull_topics_done(struct hub_pull_topics *topics);

/* What an event of these topics may be wanted as: one of them after another, or
 * "" alone where they are every topic.  Begins with NULL and ends with NULL. */
const char *hub_pull_topics_after(const struct hub_pull_topics *topics,
                                  const char *topic);

/* The shard of one of them; false when it may be any. */
bool hub_pull_topic_shard(const struct wsub_store *store, const char *topic,
                          unsigned *ret_shard);

#endif
