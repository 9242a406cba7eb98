/* shard_sum.h - a number that every shard has, added up.
 *
 *   one command for each shard -> the sum, once all have replied */
#ifndef WSUB_STORE_SHARD_SUM_H
#define WSUB_STORE_SHARD_SUM_H

#include <stdint.h>

#include "common/base/err.h"

struct wsub_cmd;
struct wsub_store;

typedef void wsub_shard_sum_cb(enum wsub_err err, uint64_t sum, void *arg);

/* `write_cmd` initializes the command of a shard, whose reply is a number, or nil for
 * none.  Tried once: `cb` is called once, maybe during this call. */
void wsub_shard_sum(struct wsub_store *store,
                    void (*write_cmd)(struct wsub_cmd *cmd,
                                      const struct wsub_store *store,
                                      unsigned shard),
                    wsub_shard_sum_cb *cb, void *arg);

#endif
