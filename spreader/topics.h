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

#include "common/store/fetches.h"
#include "spreader/request.h"

struct spread_shard;
struct wsub_config;
struct wsub_hosts;
struct wsub_http_client;
struct wsub_store;

/* What both are given at their creation; all pointers are borrowed, and outlive
 * them. */
struct spread_topics_options {
    struct wsub_store *store;
    const struct wsub_config *config;
    struct wsub_http_client *client;
    struct wsub_hosts *hosts;
    /* Topics that were wanted are fetched, put back, or dropped; `count` of those
     * that do not linger. */
    void (*on_over)(unsigned shard, enum wsub_wanted_kind kind, size_t count,
                    void *arg);
    /* Their publisher takes long to respond. */
    void (*on_linger)(enum wsub_wanted_kind kind, size_t count, void *arg);
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

/* Names the zeroed `topic`, which enters no table. */
void spread_topic_init(struct spread_topic *topic, struct spread_shard *shard,
                       const char *name);

/* Adds the zeroed `topic`. */
void spread_topics_add(struct spread_topics *topics, struct spread_topic *topic,
                       struct spread_shard *shard, const char *name);

/* Takes the topic out of the table, if it is there, and abandons its request. */
void spread_topics_remove(struct spread_topics *topics,
                          struct spread_topic *topic);

/* Takes the topic out of the table and frees what it holds. */
void spread_topics_drop(struct spread_topics *topics,
                        struct spread_topic *topic);

/* Callbacks of a request, as spread_request_options has them. */
struct spread_topic_use {
    bool did_well; /* the last fetch of the topic */
    void (*on_admitted)(void *arg);
    void (*on_linger)(void *arg);
    spread_request_cb *on_response;
    void *arg;
};

/* Asks the topic's host for admission: spread_request_enter(). */
enum wsub_host_entry spread_topics_enter(const struct spread_topics *topics,
                                         struct spread_topic *topic,
                                         const struct spread_topic_use *use,
                                         uint64_t *ret_again_ms);

#endif
