/* fuzz_feed.c - the links of feeds and pages: common/http/feed.h.
 *
 *   CONTENT-TYPE LINE-END DOCUMENT
 *
 * What is harmless of a document (markup.h) is so by itself. */
#include "common/http/feed.h"

#include "common/http/markup.h"
#include "common/http/url.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct wsub_targets *targets)
{
    struct wsub_url url;

    FUZZ_CHECK(targets->count <= WSUB_TARGETS_MAX);
    for (size_t i = 0; i < targets->count; i++)
        FUZZ_CHECK(wsub_url_parse(wsub_buf_cstr(&targets->url[i]), NULL,
                                  &url) == WSUB_URL_FINE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *type = fuzz_line(&data, &size);
    char *content = fuzz_text(data, size);
    size_t harmless = wsub_markup_harmless(content, size);
    struct wsub_relations found;

    FUZZ_CHECK(wsub_markup_harmless(content, harmless) == harmless);
    wsub_relations_init(&found, "http://publisher.example/feed/");
    wsub_feed_relations(type, content, size, &found);
    check(&found.hub);
    check(&found.self);
    wsub_relations_done(&found);
    free(content);
    free(type);
    return 0;
}
