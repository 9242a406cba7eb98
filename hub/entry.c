#include "hub/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

/* Takes decimal digits, at least one, off *text. */
static bool take_number(const char **text, uint64_t *ret_number)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

static bool take_dash(const char **text)
{
    return *(*text)++ == '-';
}

bool hub_place_parse(const char *text, unsigned shards,
                     struct hub_place *ret_place)
{
    struct hub_place place = {0};
    uint64_t shard;

    if (!take_number(&text, &shard) || shard >= shards || !take_dash(&text) ||
        !take_number(&text, &place.ms) || !take_dash(&text) ||
        !take_number(&text, &place.seq) || *text != '\0')
        return false;
    place.shard = (unsigned)shard;
    *ret_place = place;
    return true;
}

struct hub_place hub_place_of(unsigned shard, const char *id)
{
    struct hub_place place = {.shard = shard};
    char *end;

    place.ms = strtoull(id, &end, 10);
    if (*end == '-')
        place.seq = strtoull(end + 1, NULL, 10);
    return place;
}

json_t *hub_place_json(const struct hub_place *place)
{
    char text[64];

    snprintf(text, sizeof(text), "%u-%" PRIu64 "-%" PRIu64, place->shard,
             place->ms, place->seq);
    return json_string(text);
}

void hub_entry_fields(const struct redisReply *flat, const char *const *names,
                      size_t count, const char **ret_values)
{
    for (size_t i = 0; i + 1 < flat->elements; i += 2)
        for (size_t at = 0; at < count; at++)
            if (strcmp(flat->element[i]->str, names[at]) == 0)
                ret_values[at] = flat->element[i + 1]->str;
}
