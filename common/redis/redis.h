/* redis.h - the way to Redis: a shard's commands reach the right server.
 *
 * All state is divided into `shards` slots of our own.  Every command says
 * which shard it is for and names keys of that shard only; today one server
 * holds all shards, and nothing above this module knows.
 *
 * Each time the link comes up the server is checked before it is used:
 * meta (format version, number of shards: written at the first start ever,
 * compared afterwards) and maxmemory-policy.  A server that must not be used
 * is reported by `on_unusable`, and the program ends.  Commands fail with
 * WSUB_ERR_UNAVAILABLE until the check has passed. */
#ifndef WSUB_REDIS_REDIS_H
#define WSUB_REDIS_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/redis/cmd.h"
#include "common/redis/link.h"

struct event_base;
struct wsub_redis;

struct wsub_redis_options {
    struct event_base *base;          /* borrowed; outlives the router */
    const struct wsub_config *config; /* borrowed; outlives the router */
    void (*on_up)(void *arg);         /* may be NULL; after each passed check */
    void (*on_unusable)(const char *sentence, void *arg);
    void *arg;
};

/* Starts connecting.  WSUB_ERR_INVALID: redis_url; a sentence is written to
 * `err_text`. */
enum wsub_err wsub_redis_new(const struct wsub_redis_options *options,
                             char err_text[256],
                             struct wsub_redis **ret_redis) WSUB_MUST_CHECK;
/* First step of taking a program down: every pending command gets
 * WSUB_ERR_UNAVAILABLE, and nothing can be sent from now on.  Not from a
 * callback of a command. */
void wsub_redis_close(struct wsub_redis *redis);
/* Last step, after everything that uses the router; closes it if need be. */
void wsub_redis_free(struct wsub_redis *redis);

bool wsub_redis_up(const struct wsub_redis *redis);
unsigned wsub_redis_shards(const struct wsub_redis *redis);

/* "P:{N}:", in front of every key of the shard. */
const char *wsub_redis_prefix(const struct wsub_redis *redis, unsigned shard);

/* The shard of a topic's digest. */
unsigned wsub_redis_shard_of(const struct wsub_redis *redis,
                             const char *digest);

/* Redis' TIME in Unix ms, as of the last look (at most 10 s ago) and the
 * time that has passed since.  0 before the first look. */
uint64_t wsub_redis_time_ms(const struct wsub_redis *redis);

/* The hub's public URL: this program's own setting, else what the hub wrote
 * to meta; NULL while neither is known. */
const char *wsub_redis_public_url(const struct wsub_redis *redis);

/* Writes the hub's public URL to meta now and on every reconnect. */
void wsub_redis_announce(struct wsub_redis *redis, const char *public_url);

/* Sends to the shard's server; as wsub_redis_link_send(). */
enum wsub_err wsub_redis_send(struct wsub_redis *redis, unsigned shard,
                              struct wsub_cmd *cmd, wsub_redis_cb *cb,
                              void *arg) WSUB_MUST_CHECK;

/* Opens a further connection to the shard's server, for blocking reads of at
 * most `block_ms`.  The caller frees it with wsub_redis_link_free(). */
struct wsub_redis_link *wsub_redis_reader(struct wsub_redis *redis,
                                          unsigned shard, uint32_t block_ms,
                                          void (*on_up)(void *arg), void *arg);

#endif
