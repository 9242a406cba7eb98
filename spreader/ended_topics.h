/* ended_topics.h - ends the subscriptions to topics whose group was deleted, in the
 * shards that this process owns.
 *
 *   opened, or a group was deleted -> are all noted as ended in the shard?
 *     no -> its topics, page by page -> those that have ended: deny, page by page
 *        -> noted
 *
 * Each callback is told (WebSub section 5.2).  A walk that breaks off is made again
 * by the next owner: who was ended before has no subscription any more. */
#ifndef SPREADER_ENDED_TOPICS_H
#define SPREADER_ENDED_TOPICS_H

struct spread_ended_topics;
struct spread_pace;
struct spread_shard;
struct wsub_groups;
struct wsub_store;

/* All are borrowed, and outlive it. */
struct spread_ended_topics *
spread_ended_topics_new(struct spread_pace *pace, struct wsub_store *store,
                        const struct wsub_groups *groups, unsigned shards);
/* The store is closed before. */
void spread_ended_topics_free(struct spread_ended_topics *ended);

void spread_ended_topics_open(struct spread_ended_topics *ended,
                              struct spread_shard *shard);
void spread_ended_topics_close(struct spread_ended_topics *ended,
                               unsigned shard);

/* The group was deleted. */
void spread_ended_topics_add(struct spread_ended_topics *ended,
                             const char *group);

#endif
