#include "common/store/attempt_log.h"

#include <stdbool.h>
#include <string.h>

#define VERSION 1
#define HEAD_BYTES (1 + 3 * 8 + 1)
#define ATTEMPT_BYTES 33

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

static unsigned char *write_attempt(unsigned char *at,
                                    const struct wsub_attempt *attempt)
{
    at = put(at, attempt->at_ms, 8);
    at = put(at, attempt->duration_ms, 4);
    at = put(at, attempt->bytes, 4);
    at = put(at, attempt->status, 2);
    at = put(at, attempt->error, 1);
    at = put(at, attempt->event_ms, 6);
    at = put(at, attempt->event_seq, 4);
    at = put(at, attempt->number, 2);
    return put(at, attempt->body_len, 2);
}

static unsigned char *write_body(unsigned char *at,
                                 const struct wsub_attempt *attempt)
{
    if (attempt->body_len > 0)
        memcpy(at, attempt->body, attempt->body_len);
    return at + attempt->body_len;
}

size_t wsub_attempt_log_write(const struct wsub_attempt_log *log,
                              unsigned char out[WSUB_ATTEMPT_LOG_MAX])
{
    unsigned char *at = put(out, VERSION, 1);

    at = put(at, log->delivered, 8);
    at = put(at, log->failed, 8);
    at = put(at, log->bytes, 8);
    at = put(at, log->count, 1);
    for (unsigned i = 0; i < log->count; i++)
        at = write_attempt(at, &log->attempts[i]);
    for (unsigned i = 0; i < log->count; i++)
        at = write_body(at, &log->attempts[i]);
    return (size_t)(at - out);
}

static const unsigned char *read_attempt(const unsigned char *at,
                                         struct wsub_attempt *ret_attempt)
{
    uint64_t duration_ms, bytes, status, error, seq, number, body_len;

    at = get(at, 8, &ret_attempt->at_ms);
    at = get(at, 4, &duration_ms);
    at = get(at, 4, &bytes);
    at = get(at, 2, &status);
    at = get(at, 1, &error);
    at = get(at, 6, &ret_attempt->event_ms);
    at = get(at, 4, &seq);
    at = get(at, 2, &number);
    at = get(at, 2, &body_len);
    ret_attempt->duration_ms = (uint32_t)duration_ms;
    ret_attempt->bytes = (uint32_t)bytes;
    ret_attempt->status = (uint16_t)status;
    ret_attempt->error = (enum wsub_attempt_error)error;
    ret_attempt->event_seq = (uint32_t)seq;
    ret_attempt->number = (uint16_t)number;
    ret_attempt->body_len = (uint16_t)body_len;
    return at;
}

/* Finds the bodies, which begin at `at`; whether they end at `end`. */
static bool find_bodies(struct wsub_attempt_log *log, const unsigned char *at,
                        const unsigned char *end)
{
    for (unsigned i = 0; i < log->count; i++) {
        struct wsub_attempt *attempt = &log->attempts[i];

        if (attempt->body_len > WSUB_ATTEMPT_BODY_MAX ||
            attempt->body_len > end - at)
            return false;
        attempt->body = (const char *)at;
        at += attempt->body_len;
    }
    return at == end;
}

enum wsub_err wsub_attempt_log_read(const void *bytes, size_t len,
                                    struct wsub_attempt_log *ret_log)
{
    const unsigned char *at = bytes, *end = at + len;
    struct wsub_attempt_log log = {0};
    uint64_t count;

    if (len < HEAD_BYTES || at[0] != VERSION)
        return WSUB_ERR_INVALID;
    at = get(at + 1, 8, &log.delivered);
    at = get(at, 8, &log.failed);
    at = get(at, 8, &log.bytes);
    at = get(at, 1, &count);
    if (count > WSUB_ATTEMPT_LOG_KEPT ||
        len < HEAD_BYTES + count * ATTEMPT_BYTES)
        return WSUB_ERR_INVALID;
    while (log.count < count)
        at = read_attempt(at, &log.attempts[log.count++]);
    if (!find_bodies(&log, at, end))
        return WSUB_ERR_INVALID;
    *ret_log = log;
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
