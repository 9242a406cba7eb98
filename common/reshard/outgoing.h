/* outgoing.h - rows on their way to the new shards.
 *
 * They are gathered, and sent to all new shards at once.  Those of one shard keep
 * their order. */
#ifndef WSUB_RESHARD_OUTGOING_H
#define WSUB_RESHARD_OUTGOING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reshard/layouts.h"
#include "common/store/reshard/rows.h"

struct wsub_outgoing;

/* What is staged is staged under `epoch`. */
struct wsub_outgoing *wsub_outgoing_new(struct wsub_store *store,
                                        const struct wsub_layouts *layouts,
                                        uint64_t epoch);
void wsub_outgoing_free(struct wsub_outgoing *out); /* NULL is fine */

/* Adds a row of `old_shard` for each new shard where it belongs; false when its
 * place, or the cursors of a pull subscription, can't be read. */
bool wsub_outgoing_row(struct wsub_outgoing *out, unsigned old_shard,
                       const struct wsub_reshard_row *row);

/* Adds an operation without arguments, or with those in `words`, for a shard. */
void wsub_outgoing_add(struct wsub_outgoing *out, unsigned shard,
                       const struct wsub_reshard_word *words, size_t count);

/* Whether there is enough to be sent. */
bool wsub_outgoing_is_full(const struct wsub_outgoing *out);

/* Sends all there is; returns how often `cb` will be called, or was. */
unsigned wsub_outgoing_send(struct wsub_outgoing *out,
                            wsub_reshard_written_cb *cb, void *arg);

#endif
