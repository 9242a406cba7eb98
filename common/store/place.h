/* place.h - a place in the lists of all shards, such as an entry's id.
 *
 * To the outside it is N-MS-SEQ, N the number of the shard; so is an event's
 * id.  In Redis, within its shard, it is MS-SEQ. */
#ifndef WSUB_STORE_PLACE_H
#define WSUB_STORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define WSUB_PLACE_BYTES 64 /* N-MS-SEQ and the zero byte */

struct wsub_place {
    unsigned shard;
    uint64_t ms, seq;
};

/* Parses N-MS-SEQ, N below `shards`; false when `text` is no such place. */
bool wsub_place_parse(const char *text, unsigned shards,
                      struct wsub_place *ret_place);

/* Parses MS-SEQ, of shard 0. */
bool wsub_place_parse_id(const char *text, struct wsub_place *ret_place);

/* The place of an id as Redis gives it, MS-SEQ; of other text MS or both are
 * 0. */
struct wsub_place wsub_place_of(unsigned shard, const char *id);

/* Writes N-MS-SEQ. */
void wsub_place_text(const struct wsub_place *place,
                     char text[WSUB_PLACE_BYTES]);

/* Writes MS-SEQ. */
void wsub_place_id(const struct wsub_place *place, char id[WSUB_PLACE_BYTES]);

/* Writes MS-SEQ as XRANGE and XREVRANGE take it to begin behind it, at most
 * WSUB_PLACE_BYTES; the least and the greatest id, behind which they refuse to
 * begin, as themselves: no entry has them. */
void wsub_place_behind(const struct wsub_place *place,
                       char bound[WSUB_PLACE_BYTES]);

/* The order of a list with the newest first, as qsort() wants it; those of one
 * id are in the reverse order of their shards. */
int wsub_place_newest_first(const struct wsub_place *a,
                            const struct wsub_place *b);

#endif
