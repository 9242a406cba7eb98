#include "common/store/pull/subscription.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

/* Parses one place of `len` bytes, behind the places that are there. */
static bool parse_place(const char *text, size_t len, unsigned shards,
                        struct wsub_pull_cursors *cursors)
{
    struct wsub_place *place = &cursors->places[cursors->count];
    char one[WSUB_PLACE_BYTES];

    if (len >= sizeof(one))
        return false;
    memcpy(one, text, len);
    one[len] = '\0';
    if (!wsub_place_parse(one, shards, place) ||
        (cursors->count > 0 && place->shard <= place[-1].shard))
        return false;
    cursors->count++;
    return true;
}

static size_t places_of(const char *text)
{
    size_t count = *text != '\0';

    for (; *text != '\0'; text++)
        count += *text == ' ';
    return count;
}

bool wsub_pull_cursors_parse(const char *text, unsigned shards,
                             struct wsub_pull_cursors *ret_cursors)
{
    struct wsub_pull_cursors cursors = {0};
    size_t count = places_of(text);

    if (count > shards)
        return false;
    cursors.places = wsub_calloc(count + 1, sizeof(*cursors.places));
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(text, " ");

        if (!parse_place(text, len, shards, &cursors)) {
            wsub_pull_cursors_done(&cursors);
            return false;
        }
        text += len + 1;
    }
    *ret_cursors = cursors;
    return true;
}

char *wsub_pull_cursors_text(const struct wsub_pull_cursors *cursors)
{
    struct wsub_buf text = {0};
    char one[WSUB_PLACE_BYTES];

    for (size_t i = 0; i < cursors->count; i++) {
        wsub_place_text(&cursors->places[i], one);
        wsub_buf_printf(&text, "%s%s", i > 0 ? " " : "", one);
    }
    return wsub_buf_take(&text);
}

static int by_shard(const void *key, const void *member)
{
    unsigned shard = *(const unsigned *)key;
    const struct wsub_place *place = member;

    return (shard > place->shard) - (shard < place->shard);
}

struct wsub_place *
wsub_pull_cursors_find(const struct wsub_pull_cursors *cursors, unsigned shard)
{
    if (cursors->count == 0)
        return NULL;
    return bsearch(&shard, cursors->places, cursors->count,
                   sizeof(*cursors->places), by_shard);
}

void wsub_pull_cursors_done(struct wsub_pull_cursors *cursors)
{
    free(cursors->places);
    *cursors = (struct wsub_pull_cursors){0};
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int wsub_pull_order(const struct wsub_place *a, const struct wsub_place *b)
{
    int order = compare(a->ms, b->ms);

    if (order == 0)
        order = compare(a->seq, b->seq);
    return order != 0 ? order : compare(a->shard, b->shard);
}

struct wsub_place wsub_pull_last_until(const struct wsub_place *after,
                                       unsigned shard)
{
    struct wsub_place last = {shard, after->ms, after->seq};

    if (shard <= after->shard)
        return last;
    if (last.seq > 0)
        last.seq--;
    else if (last.ms > 0)
        last = (struct wsub_place){shard, last.ms - 1, UINT64_MAX};
    return last;
}
