/* rows.h - rows from an old shard to a new one (reshard_stream.lua, reshard_key.lua,
 * reshard_put.lua), and the keys that there are.
 *
 * A new shard is written beside what is there, under `P:{N}:new-EPOCH:`. */
#ifndef WSUB_STORE_RESHARD_ROWS_H
#define WSUB_STORE_RESHARD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/store.h"

/* The operation, or an argument of it. */
struct wsub_reshard_word {
    const char *bytes; /* with a zero behind them */
    size_t len;
};

/* Borrowed from the reply; `words` are the caller's. */
struct wsub_reshard_row {
    const char *place; /* lua/lib/reshard_rows.lua */
    const char *order; /* the id of an entry of a stream, else "" */
    const struct wsub_reshard_word *words;
    size_t count; /* of them */
};

struct wsub_reshard_page {
    const char *next; /* where to go on; "" at the end */
    uint64_t looked;  /* entries or members */
    size_t count;     /* of rows */
    const struct redisReply *r;
};

/* `page` is NULL unless err is WSUB_OK; `why` is Redis' error, "" without one. */
typedef void wsub_reshard_page_cb(enum wsub_err err,
                                  const struct wsub_reshard_page *page,
                                  const char *why, void *arg);

/* Finds row number `n`; its words are in `room`, WSUB_RESHARD_WORDS_MAX.  The place
 * of one with more is "". */
#define WSUB_RESHARD_WORDS_MAX 4096
struct wsub_reshard_row wsub_reshard_row(const struct wsub_reshard_page *page,
                                         size_t n,
                                         struct wsub_reshard_word *room);

/* How ids are translated (common/reshard/layouts.h). */
struct wsub_reshard_ids {
    unsigned factor, part;
};

/* Of a stream, from `next` on, "-" at first, about `bytes`; of a key, "" at first.
 * Tried once; `cb` is called once, maybe during this call, as for all here. */
void wsub_reshard_read_stream(struct wsub_store *store, unsigned shard,
                              const char *stream, const char *next,
                              const struct wsub_reshard_ids *ids,
                              uint64_t bytes, wsub_reshard_page_cb *cb,
                              void *arg);
void wsub_reshard_read_key(struct wsub_store *store, unsigned shard,
                           const char *name, const char *next,
                           const struct wsub_reshard_ids *ids,
                           wsub_reshard_page_cb *cb, void *arg);

/* Begins what is to be written to new shard `shard`; wsub_reshard_put_row() adds a
 * row of `count` words. */
void wsub_reshard_put_begin(struct wsub_cmd *cmd, struct wsub_store *store,
                            unsigned shard, uint64_t epoch);
void wsub_reshard_put_row(struct wsub_cmd *cmd,
                          const struct wsub_reshard_word *words, size_t count);

/* The result of something written; `why` as above. */
typedef void wsub_reshard_written_cb(enum wsub_err err, const char *why,
                                     void *arg);
void wsub_reshard_put(struct wsub_store *store, struct wsub_cmd *cmd,
                      wsub_reshard_written_cb *cb, void *arg);

/* A key of a shard. */
struct wsub_reshard_key {
    unsigned shard;
    bool is_staged; /* then `name` is what it is to be called */
    uint64_t epoch; /* under which it is staged */
    const char *name;
};

struct wsub_reshard_scanned {
    const char *next; /* "0" at the end */
    const struct redisReply *r;
    size_t count;
};

/* `scanned` is NULL unless err is WSUB_OK. */
typedef void wsub_reshard_scan_cb(enum wsub_err err,
                                  const struct wsub_reshard_scanned *scanned,
                                  void *arg);
void wsub_reshard_scan(struct wsub_store *store, const char *next,
                       wsub_reshard_scan_cb *cb, void *arg);

/* Key number `n`; false when it is none of a shard. */
bool wsub_reshard_scanned_key(const struct wsub_store *store,
                              const struct wsub_reshard_scanned *scanned,
                              size_t n, struct wsub_reshard_key *ret_key);

/* Deletes an old key while the shard has its mark (WSUB_ERR_FENCED else). */
void wsub_reshard_drop(struct wsub_store *store,
                       const struct wsub_reshard_key *key, uint64_t epoch,
                       wsub_reshard_written_cb *cb, void *arg);

/* Deletes a staged key. */
void wsub_reshard_unstage(struct wsub_store *store,
                          const struct wsub_reshard_key *key,
                          wsub_reshard_written_cb *cb, void *arg);

/* Gives a staged key its name. */
void wsub_reshard_rename(struct wsub_store *store,
                         const struct wsub_reshard_key *key,
                         wsub_reshard_written_cb *cb, void *arg);

/* The mark of a shard, which is staged as well. */
#define WSUB_RESHARD_MARK "mark"

/* Deletes the hints at the owners of the old shards. */
void wsub_reshard_forget_owners(struct wsub_store *store,
                                wsub_reshard_written_cb *cb, void *arg);

#endif
