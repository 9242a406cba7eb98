#include "common/store/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

bool wsub_place_parse_id(const char *text, struct wsub_place *ret_place)
{
    struct wsub_place place = {0};

    if (!take_number(&text, &place.ms) || !take_dash(&text) ||
        !take_number(&text, &place.seq) || *text != '\0')
        return false;
    *ret_place = place;
    return true;
}

bool wsub_place_parse(const char *text, unsigned shards,
                      struct wsub_place *ret_place)
{
    uint64_t shard;

    if (!take_number(&text, &shard) || shard >= shards || !take_dash(&text) ||
        !wsub_place_parse_id(text, ret_place))
        return false;
    ret_place->shard = (unsigned)shard;
    return true;
}

struct wsub_place wsub_place_of(unsigned shard, const char *id)
{
    struct wsub_place place = {.shard = shard};
    char *end;

    place.ms = strtoull(id, &end, 10);
    if (*end == '-')
        place.seq = strtoull(end + 1, NULL, 10);
    return place;
}

void wsub_place_text(const struct wsub_place *place,
                     char text[WSUB_PLACE_BYTES])
{
    snprintf(text, WSUB_PLACE_BYTES, "%u-%" PRIu64 "-%" PRIu64, place->shard,
             place->ms, place->seq);
}

void wsub_place_id(const struct wsub_place *place, char id[WSUB_PLACE_BYTES])
{
    snprintf(id, WSUB_PLACE_BYTES, "%" PRIu64 "-%" PRIu64, place->ms,
             place->seq);
}

static bool is_at_end(const struct wsub_place *place)
{
    return (place->ms == 0 && place->seq == 0) ||
           (place->ms == UINT64_MAX && place->seq == UINT64_MAX);
}

void wsub_place_behind(const struct wsub_place *place,
                       char bound[WSUB_PLACE_BYTES])
{
    bool is_behind = !is_at_end(place);

    if (is_behind)
        bound[0] = '(';
    snprintf(bound + is_behind, WSUB_PLACE_BYTES - is_behind,
             "%" PRIu64 "-%" PRIu64, place->ms, place->seq);
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int wsub_place_newest_first(const struct wsub_place *a,
                            const struct wsub_place *b)
{
    int order = compare(b->ms, a->ms);

    if (order == 0)
        order = compare(b->seq, a->seq);
    return order != 0 ? order : compare(b->shard, a->shard);
}
