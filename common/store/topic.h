/* topic.h - topics: what is one, how it is spelled, where it lives.
 *
 * A URL topic is an absolute http(s) URL and matches exactly.  A dotted topic
 * is a path of labels (letters, digits, '_' and '-'), compared without case
 * and therefore kept in lower case; a subscription to `a.b` receives `a.b` and
 * all below it, one to `*` receives every dotted topic.  Text with a ':' or a
 * '/' is meant to be a URL.
 *
 * The levels of a topic are what a subscription to it may be spelled as:
 * level 0 is the topic itself, level L the topic without its last L labels,
 * WSUB_LEVEL_ALL is `*`.  A URL topic has level 0 only.  All levels but
 * WSUB_LEVEL_ALL live in the shard of the first label. */
#ifndef WSUB_STORE_TOPIC_H
#define WSUB_STORE_TOPIC_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/http/url.h"

struct wsub_store;

enum wsub_topic_use {
    WSUB_TOPIC_SUBSCRIBE, /* also `a.b.`, `a.b.*` and `*` */
    WSUB_TOPIC_PUSH,
    WSUB_TOPIC_ANNOUNCE, /* URLs only: a dotted topic can't be fetched */
};

#define WSUB_LEVEL_ALL (-1)
#define WSUB_TOPIC_ALL "*"

struct wsub_topic_ref {
    unsigned shard;
    char digest[WSUB_DIGEST_LEN + 1]; /* TD of docs/PROTOCOL.md */
};

/* Checks `text`.  Returns NULL when it is a topic for that use: its normal
 * spelling is added to `normalized` (may be NULL), and *ret_url is filled in
 * (zeroed for a dotted topic).  Else returns what is wrong, as the end of a
 * sentence: "has an empty label". */
const char *wsub_topic_parse(const char *text, enum wsub_topic_use use,
                             struct wsub_buf *normalized,
                             struct wsub_url *ret_url);

/* The rest takes topics in their normal spelling. */

bool wsub_topic_is_dotted(const char *topic);

/* The shard of a topic, and of subscriptions to it. */
unsigned wsub_topic_shard(const struct wsub_store *store, const char *topic);

/* The same of a layout with so many shards. */
unsigned wsub_topic_shard_of(const char *topic, unsigned shards);

/* Finds the place of a topic, or of a subscription to it. */
struct wsub_topic_ref wsub_topic_ref(const struct wsub_store *store,
                                     const char *topic);

/* The reserved topic: only the hub publishes to it, and only who subscribes to just
 * that gets it, for it has level 0 only. */
#define WSUB_TOPIC_ALERTS "hub.alerts"
bool wsub_topic_is_reserved(const char *topic);

/* The number of levels, WSUB_LEVEL_ALL not counted: at least 1. */
int wsub_topic_levels(const char *topic);

/* Writes the TD of a subscription at `level` of the topic. */
void wsub_topic_level(const char *topic, int level,
                      char ret_digest[WSUB_DIGEST_LEN + 1]);

/* The level above: L + 1, after the last one WSUB_LEVEL_ALL; false when there
 * is none. */
bool wsub_topic_next_level(const char *topic, int *level);

#endif
