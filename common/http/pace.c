#include "common/http/pace.h"

void wsub_http_pace_begin(struct wsub_http_pace *pace, uint64_t now_ms,
                          size_t bytes)
{
    *pace = (struct wsub_http_pace){.since_ms = now_ms, .bytes = bytes};
}

uint64_t wsub_http_pace_end_ms(const struct wsub_http_pace *pace)
{
    return pace->since_ms + WSUB_HTTP_PACE_MS;
}

bool wsub_http_pace_is_kept(const struct wsub_http_pace *pace, size_t bytes)
{
    return bytes >= pace->bytes + WSUB_HTTP_PACE_BYTES;
}
