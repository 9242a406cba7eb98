/* store.h - what is in Redis, and the way there.
 *
 * All state is divided into `shards` slots of our own.  Every command says
 * which shard it is for and names keys of that shard only; today one server
 * holds all shards, and nothing above this module knows.
 *
 *   wsub_store_call --> sent --reply----------> parse -> cb
 *                        ^  '--link lost, or refused--.
 *                        '--link up, or a pause--------'
 *   wsub_store_try  --> sent --whatever comes-> parse -> cb
 *
 * The other modules of this folder are the typed calls on top: they alone know
 * the arguments of a script or command, and its reply.
 *
 * Each time the link comes up the server is checked before it is used:
 * meta (format version, number of shards: written at the first start ever,
 * compared afterwards) and maxmemory-policy.  A server that must not be used
 * is reported by `on_unusable`, and the program ends.  Until the check has
 * passed nothing is sent.  While the data are moved to another number of shards
 * (docs/ARCHITECTURE.md, "Resharding") the check does not pass, and is made again
 * each second. */
#ifndef WSUB_STORE_STORE_H
#define WSUB_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/redis/cmd.h"
#include "common/redis/link.h"
#include "common/store/calls.h"
#include "common/store/scripts.h"

struct event_base;
struct wsub_store;

struct wsub_store_options {
    struct event_base *base;          /* borrowed; outlives the store */
    const struct wsub_config *config; /* borrowed; outlives the store */
    /* The store is that of registry_redis_url: another site's, maybe, with as many
     * shards as that likes.  Only the cluster's slot is used, so nothing is checked,
     * and nobody learns the time. */
    bool is_registry;
    void (*on_up)(void *arg); /* may be NULL; after each passed check */
    /* May be NULL.  Whether the program has what else it needs; while it hasn't the
     * line `ready` waits for wsub_store_tell_ready(). */
    bool (*is_ready)(void *arg);
    void (*on_unusable)(const char *sentence, void *arg);
    /* Redis has another number of shards than the settings: the program is to begin
     * anew with that.  Maybe called again. */
    void (*on_shards)(unsigned shards, void *arg);
    /* Of who moves the data to another number of shards: the others stay away
     * meanwhile. */
    bool is_mover;
    /* Of a hub, which stays away before: nothing comes in that would have to be
     * fanned out first. */
    bool is_intake;
    /* It stays away, and is to be called each second; may be NULL. */
    void (*on_moving)(void *arg);
    void *arg;
};

/* Starts connecting.  WSUB_ERR_INVALID: redis_url; a sentence is written to
 * `err_text`. */
enum wsub_err wsub_store_new(const struct wsub_store_options *options,
                             char err_text[256],
                             struct wsub_store **ret_store) WSUB_MUST_CHECK;
/* First step of taking a program down: nothing is sent from now on.  What was
 * sent once gets WSUB_ERR_UNAVAILABLE; calls that are repeated until they have
 * a reply are dropped, and their callbacks will not be called: the memory of
 * `arg` is the caller's.  Not from a callback of a command. */
void wsub_store_close(struct wsub_store *store);
/* Last step, after everything that uses the store; closes it if need be. */
void wsub_store_free(struct wsub_store *store);

/* Looks at meta now, not within 10 s. */
void wsub_store_look(struct wsub_store *store);

bool wsub_store_up(const struct wsub_store *store);
/* Logs that the program is ready, unless the store is down: then it does so when it
 * is up. */
void wsub_store_tell_ready(const struct wsub_store *store);
/* Why it is not up, as far as that is known; "" else. */
const char *wsub_store_why(const struct wsub_store *store);
unsigned wsub_store_shards(const struct wsub_store *store);

/* The shard of a topic's digest. */
unsigned wsub_store_shard_of(const struct wsub_store *store,
                             const char *digest);

/* Redis' TIME in Unix ms, as of the last look (at most 10 s ago) and the
 * time that has passed since.  0 before the first look. */
uint64_t wsub_store_time_ms(const struct wsub_store *store);

/* The hub's public URL: this program's own setting, else what the hub wrote
 * to meta; NULL while neither is known. */
const char *wsub_store_public_url(const struct wsub_store *store);

/* Writes the hub's public URL to meta now and on every reconnect. */
void wsub_store_announce(struct wsub_store *store, const char *public_url);

/* The rest is for the typed calls of this folder. */

const struct wsub_config *wsub_store_config(const struct wsub_store *store);

/* "P:meta". */
const char *wsub_store_meta_key(const struct wsub_store *store);

/* "P:{N}:", in front of every key of the shard; "P:{c}:" for
 * WSUB_SHARD_CLUSTER, which every call takes as well. */
const char *wsub_store_prefix(const struct wsub_store *store, unsigned shard);

/* Adds the key `name` of a shard, or `name:suffix`. */
void wsub_store_key(struct wsub_cmd *cmd, const struct wsub_store *store,
                    unsigned shard, const char *name, const char *suffix);

/* Begins a call of a script on one shard. */
void wsub_store_script(struct wsub_cmd *cmd, const struct wsub_store *store,
                       unsigned shard, enum wsub_script_id id);

/* A parse for replies that say nothing: calls `cb`, a void (void *arg), unless
 * it is NULL. */
wsub_store_parse wsub_store_parse_done;

/* Sends `cmd` and takes its memory.  `parse` is called once, later, unless the
 * store is closed before, with WSUB_OK and a reply, or with WSUB_ERR_FENCED by a
 * script that only the owner may call (owners.h): what a lost link left without
 * a reply is sent again in the order it was sent, and what Redis refused after a
 * pause.  For commands that may be repeated. */
void wsub_store_call(struct wsub_store *store, unsigned shard,
                     struct wsub_cmd *cmd, wsub_store_parse *parse,
                     wsub_store_cb *cb, void *arg);

/* As wsub_store_call(), but `parse` gets WSUB_ERR_REFUSED, and Redis' error, once
 * that has refused the command for good and nothing could be mended. */
void wsub_store_attempt(struct wsub_store *store, unsigned shard,
                        struct wsub_cmd *cmd, wsub_store_parse *parse,
                        wsub_store_cb *cb, void *arg);

/* Sends `cmd` once and takes its memory, whatever the result.  `parse` is
 * called once, later; WSUB_ERR_UNAVAILABLE is returned when it will not be. */
enum wsub_err wsub_store_try(struct wsub_store *store, unsigned shard,
                             struct wsub_cmd *cmd, wsub_store_parse *parse,
                             wsub_store_cb *cb, void *arg) WSUB_MUST_CHECK;

/* As wsub_store_try(), but `parse` is called once in any case: during this call
 * with WSUB_ERR_UNAVAILABLE when the command can't be sent. */
void wsub_store_once(struct wsub_store *store, unsigned shard,
                     struct wsub_cmd *cmd, wsub_store_parse *parse,
                     wsub_store_cb *cb, void *arg);

/* As wsub_store_try(), with the bare reply; a refusal is not logged. */
enum wsub_err wsub_store_send(struct wsub_store *store, unsigned shard,
                              struct wsub_cmd *cmd, wsub_redis_cb *cb,
                              void *arg) WSUB_MUST_CHECK;

/* Opens a further connection to the shard's server, for blocking reads of at
 * most `block_ms`.  The caller frees it with wsub_redis_link_free(). */
struct wsub_redis_link *wsub_store_reader(struct wsub_store *store,
                                          unsigned shard, uint32_t block_ms,
                                          void (*on_up)(void *arg), void *arg);

#endif
