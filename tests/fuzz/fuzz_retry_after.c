/* fuzz_retry_after.c - Retry-After and dates: common/http/retry_after.h,
 * date.h.
 *
 * A date that is in the past asks for nothing, another one for the time until
 * then. */
#include "common/http/retry_after.h"

#include "common/http/date.h"
#include "tests/fuzz/fuzz.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *value = fuzz_text(data, size);
    uint64_t ms;
    time_t date;
    bool is_date = wsub_http_date_parse(value, NOW, &date);

    if (wsub_retry_after_ms(value, NOW, &ms) && is_date)
        FUZZ_CHECK(ms == (date <= NOW ? 0 : (uint64_t)(date - NOW) * 1000));
    else
        FUZZ_CHECK(!is_date);
    free(value);
    return 0;
}
