/* meta.h - P:meta, and what it means for who reads it (docs/PROTOCOL.md). */
#ifndef WSUB_STORE_META_H
#define WSUB_STORE_META_H

#include <stdbool.h>

#include "common/redis/cmd.h"

struct redisReply;

#define WSUB_META_FORMAT "1"

/* The fields, borrowed from a reply; NULL: not there. */
struct wsub_meta {
    const char *format, *shards, *public_url, *id, *moving, *draining;
};

/* Adds the names of the fields to an HMGET of the key. */
void wsub_meta_ask(struct wsub_cmd *cmd);
void wsub_meta_read(const struct redisReply *reply, struct wsub_meta *ret_meta);

enum wsub_meta_state {
    WSUB_META_FINE,
    WSUB_META_UNUSABLE, /* the program must not use the data */
    WSUB_META_SHARDS,   /* there are other shards than it knows */
    WSUB_META_MOVING,   /* it has to stay away for now */
};

struct wsub_meta_reader {
    unsigned shards; /* that it knows */
    bool is_mover;   /* it never stays away */
    bool is_intake;  /* it stays away while the others drain, too */
};

/* UNUSABLE: a sentence goes to `sentence`; MOVING: to how many shards. */
enum wsub_meta_state wsub_meta_judge(const struct wsub_meta *meta,
                                     const struct wsub_meta_reader *reader,
                                     char sentence[256]);

/* How many shards there are; 0: not told. */
unsigned wsub_meta_shards(const struct wsub_meta *meta);

#endif
