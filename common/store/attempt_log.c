#include "common/store/attempt_log.h"

#define VERSION 1
#define HEAD_BYTES (1 + 3 * 8)
#define ATTEMPT_BYTES 19

static unsigned char *put(unsigned char *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(number >> (8 * i));
    return out + bytes;
}

static const unsigned char *get(const unsigned char *in, size_t bytes,
                                uint64_t *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < bytes; i++)
        *ret_number |= (uint64_t)in[i] << (8 * i);
    return in + bytes;
}

size_t wsub_attempt_log_write(const struct wsub_attempt_log *log,
                              unsigned char out[WSUB_ATTEMPT_LOG_MAX])
{
    unsigned char *at = put(out, VERSION, 1);

    at = put(at, log->delivered, 8);
    at = put(at, log->failed, 8);
    at = put(at, log->bytes, 8);
    for (unsigned i = 0; i < log->count; i++) {
        const struct wsub_attempt *attempt = &log->attempts[i];

        at = put(at, attempt->at_ms, 8);
        at = put(at, attempt->duration_ms, 4);
        at = put(at, attempt->bytes, 4);
        at = put(at, attempt->status, 2);
        at = put(at, attempt->error, 1);
    }
    return (size_t)(at - out);
}

static const unsigned char *read_attempt(const unsigned char *at,
                                         struct wsub_attempt *ret_attempt)
{
    uint64_t duration_ms, bytes, status, error;

    at = get(at, 8, &ret_attempt->at_ms);
    at = get(at, 4, &duration_ms);
    at = get(at, 4, &bytes);
    at = get(at, 2, &status);
    at = get(at, 1, &error);
    ret_attempt->duration_ms = (uint32_t)duration_ms;
    ret_attempt->bytes = (uint32_t)bytes;
    ret_attempt->status = (uint16_t)status;
    ret_attempt->error = (enum wsub_attempt_error)error;
    return at;
}

enum wsub_err wsub_attempt_log_read(const void *bytes, size_t len,
                                    struct wsub_attempt_log *ret_log)
{
    const unsigned char *at = bytes;

    if (len < HEAD_BYTES || len > WSUB_ATTEMPT_LOG_MAX ||
        (len - HEAD_BYTES) % ATTEMPT_BYTES != 0 || at[0] != VERSION)
        return WSUB_ERR_INVALID;
    at = get(at + 1, 8, &ret_log->delivered);
    at = get(at, 8, &ret_log->failed);
    at = get(at, 8, &ret_log->bytes);
    ret_log->count = (unsigned)((len - HEAD_BYTES) / ATTEMPT_BYTES);
    for (unsigned i = 0; i < ret_log->count; i++)
        at = read_attempt(at, &ret_log->attempts[i]);
    return WSUB_OK;
}

const char *wsub_attempt_error_word(enum wsub_attempt_error error)
{
    switch (error) {
    case WSUB_ATTEMPT_WELL:
        return NULL;
    case WSUB_ATTEMPT_TIMEOUT:
        return "timeout";
    case WSUB_ATTEMPT_DNS:
        return "dns";
    case WSUB_ATTEMPT_CONNECT:
        return "connect";
    case WSUB_ATTEMPT_TLS:
        return "tls";
    case WSUB_ATTEMPT_BROKEN:
        return "broken";
    case WSUB_ATTEMPT_BLOCKED:
        return "blocked";
    }
    return "unknown";
}
