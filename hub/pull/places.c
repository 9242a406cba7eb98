#include "hub/pull/places.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"

#define KNOWN_MAX 10000 /* the oldest make way */

struct place {
    char *key; /* owned; "EVENT DIGEST" of the topics, which may be long */
    struct wsub_pull_cursors cursors;
    UT_hash_handle hh;
};

struct hub_pull_places {
    struct place *table; /* owned; the oldest first */
};

struct hub_pull_places *hub_pull_places_new(void)
{
    return wsub_calloc(1, sizeof(struct hub_pull_places));
}

static void drop(struct hub_pull_places *places, struct place *place)
{
    HASH_DEL(places->table, place);
    free(place->key);
    wsub_pull_cursors_done(&place->cursors);
    free(place);
}

void hub_pull_places_free(struct hub_pull_places *places)
{
    if (places == NULL)
        return;
    while (places->table != NULL)
        drop(places, places->table);
    free(places);
}

static char *key_of(const struct wsub_place *event, const char *topics)
{
    struct wsub_buf key = {0};
    char id[WSUB_PLACE_BYTES], digest[WSUB_DIGEST_LEN + 1];

    wsub_place_text(event, id);
    wsub_digest(topics, strlen(topics), digest);
    wsub_buf_printf(&key, "%s %s", id, digest);
    return wsub_buf_take(&key);
}

static struct place *find(const struct hub_pull_places *places, const char *key)
{
    struct place *place;

    HASH_FIND_STR(places->table, key, place);
    return place;
}

void hub_pull_places_note(struct hub_pull_places *places,
                          const struct wsub_place *event, const char *topics,
                          struct wsub_pull_cursors *cursors)
{
    char *key = key_of(event, topics);
    struct place *place = find(places, key);

    if (place != NULL)
        drop(places, place);
    if (HASH_COUNT(places->table) >= KNOWN_MAX)
        drop(places, places->table);
    place = wsub_calloc(1, sizeof(*place));
    place->key = key;
    place->cursors = *cursors;
    *cursors = (struct wsub_pull_cursors){0};
    HASH_ADD_KEYPTR(hh, places->table, place->key, strlen(key), place);
}

const struct wsub_pull_cursors *
hub_pull_places_find(const struct hub_pull_places *places,
                     const struct wsub_place *event, const char *topics)
{
    char *key = key_of(event, topics);
    const struct place *place = find(places, key);

    free(key);
    return place != NULL ? &place->cursors : NULL;
}
