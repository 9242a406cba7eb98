/* fuzz_feed_entries.c - the entries of feeds: common/http/feed_entries.h.
 *
 * Once all of a feed's entries are known it has no new ones, and with any of
 * them known a part of it is a feed again, or nothing is new. */
#include "common/http/feed_entries.h"

#include "tests/fuzz/fuzz.h"

static size_t count_of(const char *digests)
{
    size_t count = digests[0] != '\0';

    for (; *digests != '\0'; digests++)
        count += *digests == ' ';
    return count;
}

static void check_known(const char *content, size_t size, char *digests)
{
    struct wsub_buf again = {0}, rest = {0}, none = {0};
    enum wsub_feed_entries kind =
        wsub_feed_entries(content, size, digests, &again, &rest);

    FUZZ_CHECK(strcmp(wsub_buf_cstr(&again), digests) == 0);
    FUZZ_CHECK(kind == WSUB_FEED_KNOWN || kind == WSUB_FEED_PARTS);
    wsub_buf_clear(&again);
    wsub_buf_clear(&rest);
    digests[strcspn(digests, " ")] = '\0';
    if (wsub_feed_entries(content, size, digests, &again, &rest) ==
        WSUB_FEED_PARTS)
        FUZZ_CHECK(wsub_feed_entries(rest.data, rest.len, "", &none, &none) !=
                   WSUB_FEED_NONE);
    wsub_buf_done(&again);
    wsub_buf_done(&rest);
    wsub_buf_done(&none);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *content = fuzz_text(data, size);
    struct wsub_buf digests = {0}, rest = {0};

    switch (wsub_feed_entries(content, size, "", &digests, &rest)) {
    case WSUB_FEED_NONE:
        FUZZ_CHECK(digests.len == 0);
        break;
    case WSUB_FEED_NEW:
        FUZZ_CHECK(count_of(wsub_buf_cstr(&digests)) <= WSUB_FEED_ENTRIES_MAX);
        if (digests.len > 0)
            check_known(content, size, digests.data);
        break;
    default:
        FUZZ_CHECK(false);
    }
    wsub_buf_done(&digests);
    wsub_buf_done(&rest);
    free(content);
    return 0;
}
