/* topics.h - the topics that are being fetched, by name.
 *
 * What fetch.h and validate.h share: each has a table of its own, embeds a
 * `struct spread_topic` in what it fetches, and requests a topic once for all
 * who wait for it.  A topic whose shard is closed leaves the table; what is
 * under way for it ends without effect. */
#ifndef SPREADER_TOPICS_H
#define SPREADER_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "spreader/request.h"

struct spread_shard;
struct wsub_config;
struct wsub_fetch_state;
struct wsub_http_client;
struct wsub_store;

/* What both are given at their creation; all pointers are borrowed, and outlive
 * them. */
struct spread_topics_options {
    struct wsub_store *store;
    const struct wsub_config *config;
    struct wsub_http_client *client;
    /* Topics that were wanted are fetched, or dropped. */
    void (*on_over)(unsigned shard, size_t count, void *arg);
    void *arg;
};

struct spread_topic {
    char *name;                 /* owned; the topic; the key in the table */
    struct spread_shard *shard; /* borrowed; its shard */
    bool in_table;
    struct spread_request request;
    UT_hash_handle hh;
};

struct spread_topics {
    struct spread_topics_options o;
    struct spread_topic *table; /* borrowed; NULL when it is empty */
};

/* NULL when the topic is not being fetched. */
struct spread_topic *spread_topics_find(const struct spread_topics *topics,
                                        const char *name);

/* Adds the zeroed `topic`. */
void spread_topics_add(struct spread_topics *topics, struct spread_topic *topic,
                       struct spread_shard *shard, const char *name);

/* Takes the topic out of the table, if it is there. */
void spread_topics_remove(struct spread_topics *topics,
                          struct spread_topic *topic);

/* Takes the topic out of the table and frees what it holds. */
void spread_topics_drop(struct spread_topics *topics,
                        struct spread_topic *topic);

/* Requests the topic, conditionally where `state` is not NULL: then the
 * publisher is told of its subscribers, too. */
void spread_topics_request(const struct spread_topics *topics,
                           struct spread_topic *topic,
                           const struct wsub_fetch_state *state,
                           spread_request_cb *on_response, void *arg);

#endif
