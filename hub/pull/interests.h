/* interests.h - the shards of topics are told that somebody pulls them.
 *
 * What common/store/pull/interest.h says, at most once a minute for each topic: this
 * process remembers what it told. */
#ifndef HUB_PULL_INTERESTS_H
#define HUB_PULL_INTERESTS_H

#include <stdint.h>

#include "hub/pull/topics.h"

struct event_base;
struct hub_pull_interests;

struct hub_pull_interests *hub_pull_interests_new(struct event_base *base,
                                                  struct wsub_store *store);
void hub_pull_interests_free(struct hub_pull_interests *interests);

/* Somebody wants events of the topics for the next `lasts_s` seconds. */
void hub_pull_interests_note(struct hub_pull_interests *interests,
                             const struct hub_pull_topics *topics,
                             uint64_t lasts_s);

#endif
