/* fuzz_link.c - Link headers: common/http/link.h, relation.h.  A line is a
 * header. */
#include "common/http/link.h"

#include "common/http/url.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct wsub_targets *targets)
{
    struct wsub_url url;

    FUZZ_CHECK(targets->count <= WSUB_TARGETS_MAX);
    for (size_t i = 0; i < targets->count; i++) {
        const char *target = wsub_buf_cstr(&targets->url[i]);

        FUZZ_CHECK(wsub_url_parse(target, NULL, &url) == WSUB_URL_FINE);
        FUZZ_CHECK(wsub_targets_have(targets, target, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsub_relations found;
    size_t rest = WSUB_LINKS_MAX_BYTES;

    wsub_relations_init(&found, "http://publisher.example/feed/");
    while (size > 0) {
        char *value = fuzz_line(&data, &size);

        wsub_link_relations(value, &rest, &found);
        free(value);
    }
    FUZZ_CHECK(rest <= WSUB_LINKS_MAX_BYTES);
    check(&found.hub);
    check(&found.self);
    wsub_relations_done(&found);
    return 0;
}
