/* fuzz_pull_cursors.c - cursors of pull subscriptions:
 * common/store/pull/subscription.h.
 *
 * Cursors that were read are read again as they are written, and each is found. */
#include "common/store/pull/subscription.h"

#include "tests/fuzz/fuzz.h"

#define SHARDS 8

static void check_places(const struct wsub_pull_cursors *cursors)
{
    FUZZ_CHECK(cursors->count <= SHARDS);
    for (size_t i = 0; i < cursors->count; i++) {
        const struct wsub_place *place = &cursors->places[i];
        struct wsub_place last = wsub_pull_last_until(place, SHARDS);

        FUZZ_CHECK(place->shard < SHARDS);
        FUZZ_CHECK(wsub_pull_cursors_find(cursors, place->shard) == place);
        FUZZ_CHECK((place->ms == 0 && place->seq == 0) ||
                   wsub_pull_order(&last, place) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *written, *again;
    struct wsub_pull_cursors cursors;

    if (wsub_pull_cursors_parse(text, SHARDS, &cursors)) {
        check_places(&cursors);
        written = wsub_pull_cursors_text(&cursors);
        wsub_pull_cursors_done(&cursors);
        FUZZ_CHECK(wsub_pull_cursors_parse(written, SHARDS, &cursors));
        again = wsub_pull_cursors_text(&cursors);
        FUZZ_CHECK(strcmp(written, again) == 0);
        wsub_pull_cursors_done(&cursors);
        free(written);
        free(again);
    }
    free(text);
    return 0;
}
