/* fuzz_accept.c - the value of Accept: common/http/accept.h. */
#include "common/http/accept.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *value = fuzz_text(data, size);

    wsub_accept_prefers_json(value);
    free(value);
    return 0;
}
