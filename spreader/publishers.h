/* publishers.h - the requests to publishers: which topics, when, and how many.
 *
 *   fetch_queue -> fetch    -> event (fetched.lua)
 *              '-> validate -> verification or denial
 *
 * These two share one HTTP client and one table of hosts, so that a host gets
 * no more requests than it may have, whatever they are for. */
#ifndef SPREADER_PUBLISHERS_H
#define SPREADER_PUBLISHERS_H

#include <stdbool.h>

struct event_base;
struct spread_publishers;
struct spread_shard;
struct wsub_cluster_event;
struct wsub_config;
struct wsub_store;

/* All pointers are borrowed, and outlive the publishers. */
struct spread_publishers_options {
    struct event_base *base;
    struct wsub_store *store;
    const struct wsub_config *config;
    void (*on_progress)(void *arg); /* topics are fetched, or dropped */
    void *arg;
};

struct spread_publishers *
spread_publishers_new(const struct spread_publishers_options *options);
/* The store is closed before. */
void spread_publishers_free(struct spread_publishers *publishers);

/* Takes topics of the shard that are to be fetched, at once. */
void spread_publishers_open(struct spread_publishers *publishers,
                            struct spread_shard *shard);
/* Takes none any more, and drops what is requested for the shard. */
void spread_publishers_close(struct spread_publishers *publishers,
                             unsigned shard);

/* Something is due earlier than it was known. */
void spread_publishers_wake(struct spread_publishers *publishers,
                            unsigned shard);

/* A cluster event; and some may have been missed. */
void spread_publishers_event(struct spread_publishers *publishers,
                             const struct wsub_cluster_event *event);
void spread_publishers_missed(struct spread_publishers *publishers);

/* True while a topic is being fetched. */
bool spread_publishers_hold_work(const struct spread_publishers *publishers);

#endif
