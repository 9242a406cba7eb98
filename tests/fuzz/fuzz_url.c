/* fuzz_url.c - URLs: common/http/url.h, subject.h.
 *
 * A normal spelling is its own normal spelling, and names the same host. */
#include "common/http/url.h"

#include "common/http/subject.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const char *normal, const struct wsub_url *url)
{
    struct wsub_buf twice = {0}, subject = {0}, same = {0};
    struct wsub_url again;

    FUZZ_CHECK(wsub_url_parse(normal, &twice, &again) == WSUB_URL_FINE);
    FUZZ_CHECK(strcmp(wsub_buf_cstr(&twice), normal) == 0);
    FUZZ_CHECK(again.https == url->https && again.port == url->port);
    FUZZ_CHECK(strcmp(again.host, url->host) == 0);

    wsub_subject(normal, &subject);
    wsub_subject(wsub_buf_cstr(&subject), &same);
    FUZZ_CHECK(strcmp(wsub_buf_cstr(&subject), wsub_buf_cstr(&same)) == 0);
    wsub_buf_done(&twice);
    wsub_buf_done(&subject);
    wsub_buf_done(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct wsub_buf normal = {0}, repaired = {0};
    struct wsub_url url;
    enum wsub_url_fault fault = wsub_url_parse(text, &normal, &url);

    if (fault == WSUB_URL_FINE)
        check_again(wsub_buf_cstr(&normal), &url);
    else
        FUZZ_CHECK(wsub_url_fault_text(fault) != NULL && normal.len == 0);
    wsub_url_repair(&repaired, text);
    if (fault == WSUB_URL_FINE)
        FUZZ_CHECK(strcmp(wsub_buf_cstr(&repaired), text) == 0);
    wsub_buf_done(&repaired);
    wsub_buf_done(&normal);
    free(text);
    return 0;
}
