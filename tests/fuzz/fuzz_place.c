/* fuzz_place.c - places and cursors: common/store/place.h, cursor.h.
 *
 * A place that was read is read again as it is written. */
#include "common/store/place.h"

#include "common/store/cursor.h"
#include "tests/fuzz/fuzz.h"

#define SHARDS 8

static void check(const char *text)
{
    struct wsub_place place, again;
    char written[WSUB_PLACE_BYTES];

    wsub_place_of(0, text);
    if (wsub_place_parse(text, SHARDS, &place)) {
        wsub_place_text(&place, written);
        FUZZ_CHECK(place.shard < SHARDS);
        FUZZ_CHECK(wsub_place_parse(written, SHARDS, &again));
        FUZZ_CHECK(wsub_place_newest_first(&place, &again) == 0);
    }
    if (wsub_place_parse_id(text, &place)) {
        wsub_place_id(&place, written);
        FUZZ_CHECK(wsub_place_parse_id(written, &again));
        FUZZ_CHECK(wsub_place_newest_first(&place, &again) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct wsub_cursor cursor;

    check(text);
    if (wsub_cursor_parse(text, &cursor)) {
        wsub_cursor_due(&cursor, 0);
        wsub_cursor_due(&cursor, UINT64_MAX);
    }
    free(text);
    return 0;
}
