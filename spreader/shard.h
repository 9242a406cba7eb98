/* shard.h - the shards of this process, as its parts see them.
 *
 *   open -> calls under way ... -> closed -> the last call is over: on_ended
 *
 * A part tells of each call that only the owner may make, before and after.  So
 * a shard is given up when nothing is under way for it, and a reply that says
 * FENCED closes it, whichever part hears it first. */
#ifndef SPREADER_SHARD_H
#define SPREADER_SHARD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct spread_shards;

/* `open` and `owned` are for all to read, the rest for shard.c. */
struct spread_shard {
    struct wsub_owned owned;
    bool open;
    size_t under_way;
    struct spread_shards *shards; /* borrowed; what this is part of */
};

struct spread_shards_options {
    unsigned count;
    /* Redis has refused a call: the shard is somebody else's. */
    void (*on_fenced)(const struct wsub_owned *owned, void *arg);
    /* A closed shard has no call under way any more. */
    void (*on_ended)(unsigned shard, void *arg);
    void *arg;
};

struct spread_shards *
spread_shards_new(const struct spread_shards_options *options);
void spread_shards_free(struct spread_shards *shards);

/* The shard of that number; it stays where it is. */
struct spread_shard *spread_shards_open(struct spread_shards *shards,
                                        const struct wsub_owned *owned);
/* Calls on_ended during the call, when nothing is under way. */
void spread_shards_close(struct spread_shards *shards, unsigned number);

/* A call of an open shard is sent. */
void spread_shard_sent(struct spread_shard *shard);

/* It is over.  False when the shard is closed, maybe by this: then the caller
 * drops what the call was about. */
bool spread_shard_replied(struct spread_shard *shard, enum wsub_err err);

#endif
