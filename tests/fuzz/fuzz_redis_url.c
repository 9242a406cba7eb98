/* fuzz_redis_url.c - where Redis is: common/redis/redis_url.h. */
#include "common/redis/redis_url.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *reason = NULL;
    struct wsub_redis_url url;

    if (wsub_redis_url_parse(text, &reason, &url) != WSUB_OK)
        FUZZ_CHECK(reason != NULL && reason[0] != '\0');
    else if (url.kind == WSUB_REDIS_TCP)
        FUZZ_CHECK(url.host[0] != '\0' && url.port > 0);
    else
        FUZZ_CHECK(url.path[0] == '/');
    free(text);
    return 0;
}
