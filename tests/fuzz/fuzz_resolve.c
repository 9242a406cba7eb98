/* fuzz_resolve.c - references, relative to a base: common/http/resolve.h.
 *
 *   BASE LINE-END REFERENCE
 *
 * What comes out is a URL without a fragment, and stands for itself. */
#include "common/http/resolve.h"

#include "tests/fuzz/fuzz.h"

typedef enum wsub_url_fault resolve_fn(const char *base, const char *reference,
                                       struct wsub_buf *out);

static void check(resolve_fn *resolve, const char *base, const char *reference)
{
    struct wsub_buf out = {0}, again = {0};
    struct wsub_url url;

    if (resolve(base, reference, &out) == WSUB_URL_FINE) {
        const char *text = wsub_buf_cstr(&out);

        FUZZ_CHECK(wsub_url_parse(text, NULL, &url) == WSUB_URL_FINE);
        FUZZ_CHECK(strchr(text, '#') == NULL);
        FUZZ_CHECK(resolve(base, text, &again) == WSUB_URL_FINE);
        FUZZ_CHECK(strcmp(wsub_buf_cstr(&again), text) == 0);
    } else {
        FUZZ_CHECK(out.len == 0);
    }
    wsub_buf_done(&out);
    wsub_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *base = fuzz_line(&data, &size);
    char *reference = fuzz_text(data, size);
    struct wsub_url url;

    /* A base is the URL of a document that was got, or none. */
    if (wsub_url_parse(base, NULL, &url) != WSUB_URL_FINE)
        base[0] = '\0';
    check(wsub_resolve, base, reference);
    check(wsub_resolve_location, base, reference);
    free(reference);
    free(base);
    return 0;
}
