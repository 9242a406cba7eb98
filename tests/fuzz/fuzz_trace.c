/* fuzz_trace.c - traceparent and tracestate: common/http/trace.h. */
#include "common/http/trace.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    char child[WSUB_TRACEPARENT_LEN + 1];

    if (wsub_tracestate_is_valid(bytes, size))
        FUZZ_CHECK(size <= WSUB_TRACESTATE_MAX_BYTES &&
                   memchr(bytes, '\n', size) == NULL);
    if (!wsub_traceparent_is_valid(bytes, size))
        return 0;
    wsub_traceparent_child(bytes, size, child); /* the size is a span */
    FUZZ_CHECK(strlen(child) == WSUB_TRACEPARENT_LEN);
    FUZZ_CHECK(wsub_traceparent_is_valid(child, WSUB_TRACEPARENT_LEN));
    FUZZ_CHECK(memcmp(child + 3, bytes + 3, 32) == 0);
    return 0;
}
