/* entry.h - entries of the shards' streams, as operators see them.
 *
 * To the outside an entry's id is N-MS-SEQ, N its shard; so is an event's. */
#ifndef HUB_ENTRY_H
#define HUB_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct redisReply;

/* A place in the shards' lists, such as an entry's id. */
struct hub_place {
    unsigned shard;
    uint64_t ms, seq;
};

/* Takes N-MS-SEQ apart, N below `shards`; false when it is none. */
bool hub_place_parse(const char *text, unsigned shards,
                     struct hub_place *ret_place);

/* The place of an id as Redis gives it, MS-SEQ; of other text MS or both are
 * 0. */
struct hub_place hub_place_of(unsigned shard, const char *id);

/* N-MS-SEQ */
json_t *hub_place_json(const struct hub_place *place);

/* Finds the values of an entry's fields by their names; of a field that is
 * not there it leaves ret_values alone. */
void hub_entry_fields(const struct redisReply *flat, const char *const *names,
                      size_t count, const char **ret_values);

#endif
