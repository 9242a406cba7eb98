/* topic.h - where a topic lives: its digest and its shard. */
#ifndef WSUB_STORE_TOPIC_H
#define WSUB_STORE_TOPIC_H

#include "common/crypto/digest.h"

struct wsub_redis;

struct wsub_topic_ref {
    unsigned shard;
    char digest[WSUB_DIGEST_LEN + 1]; /* TD of docs/PROTOCOL.md */
};

/* Finds the place of a normalized topic. */
struct wsub_topic_ref wsub_topic_ref(const struct wsub_redis *redis,
                                     const char *topic);

#endif
