#include "common/http/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRACE_AT 3
#define TRACE_LEN 32
#define SPAN_AT 36
#define SPAN_LEN 16
#define FLAGS_AT 53

static bool is_hex(const char *bytes, size_t len)
{
    return strspn(bytes, "0123456789abcdef") >= len;
}

static bool is_zero(const char *bytes, size_t len)
{
    return strspn(bytes, "0") >= len;
}

/* Of a later version more may follow, behind a dash. */
static bool has_its_length(const char *text, size_t len)
{
    if (memcmp(text, "00", 2) == 0)
        return len == WSUB_TRACEPARENT_LEN;
    return len == WSUB_TRACEPARENT_LEN || text[WSUB_TRACEPARENT_LEN] == '-';
}

bool wsub_traceparent_is_valid(const char *bytes, size_t len)
{
    char text[WSUB_TRACEPARENT_LEN + 2] = "";

    if (len < WSUB_TRACEPARENT_LEN)
        return false;
    memcpy(text, bytes,
           len < WSUB_TRACEPARENT_LEN + 1 ? len : WSUB_TRACEPARENT_LEN + 1);
    return is_hex(text, 2) && memcmp(text, "ff", 2) != 0 && text[2] == '-' &&
           is_hex(text + TRACE_AT, TRACE_LEN) &&
           !is_zero(text + TRACE_AT, TRACE_LEN) && text[SPAN_AT - 1] == '-' &&
           is_hex(text + SPAN_AT, SPAN_LEN) &&
           !is_zero(text + SPAN_AT, SPAN_LEN) && text[FLAGS_AT - 1] == '-' &&
           is_hex(text + FLAGS_AT, 2) && has_its_length(text, len);
}

bool wsub_tracestate_is_valid(const char *bytes, size_t len)
{
    if (len == 0 || len > WSUB_TRACESTATE_MAX_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return true;
}

/* Whether the hex digit is odd. */
static bool is_odd(char digit)
{
    return strchr("13579bdf", digit) != NULL;
}

void wsub_traceparent_child(const char *parent, uint64_t span,
                            char ret_text[WSUB_TRACEPARENT_LEN + 1])
{
    snprintf(ret_text, WSUB_TRACEPARENT_LEN + 1, "00-%.*s-%016" PRIx64 "-0%d",
             TRACE_LEN, parent + TRACE_AT, span != 0 ? span : 1,
             is_odd(parent[FLAGS_AT + 1]));
}
