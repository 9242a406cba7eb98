#include "bench/request.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_MAX_BYTES 16384
#define BODY_MAX_BYTES (4u << 20)

static size_t content_length(const char *head, size_t len)
{
    static const char name[] = "\ncontent-length:";
    const char *end = head + len, *line = head;

    while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if ((size_t)(end - line) > sizeof(name) &&
            strncasecmp(line, name, sizeof(name) - 1) == 0)
            return strtoul(line + sizeof(name) - 1, NULL, 10);
        line++;
    }
    return 0;
}

ssize_t bench_request_parse(const char *data, size_t len,
                            struct bench_request *ret)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    const char *space, *second;
    size_t head_len;

    if (end == NULL)
        return len > HEAD_MAX_BYTES ? -1 : 0;
    head_len = (size_t)(end - data) + 4;
    space = memchr(data, ' ', head_len);
    second = space == NULL ? NULL
                           : memchr(space + 1, ' ',
                                    head_len - (size_t)(space + 1 - data));
    if (second == NULL)
        return -1;
    ret->method = data;
    ret->method_len = (size_t)(space - data);
    ret->target = space + 1;
    ret->target_len = (size_t)(second - space) - 1;
    ret->body = data + head_len;
    ret->body_len = content_length(data, head_len);
    if (ret->body_len > BODY_MAX_BYTES)
        return -1;
    return len < head_len + ret->body_len ? 0
                                          : (ssize_t)(head_len + ret->body_len);
}

const char *bench_request_field(const struct bench_request *request,
                                const char *name, size_t *ret_len)
{
    const char *end = request->target + request->target_len;
    const char *at =
        memmem(request->target, request->target_len, name, strlen(name));
    const char *stop;

    if (at == NULL)
        return NULL;
    at += strlen(name);
    stop = memchr(at, '&', (size_t)(end - at));
    *ret_len = (size_t)((stop != NULL ? stop : end) - at);
    return at;
}

uint32_t bench_request_number(const struct bench_request *request,
                              const char *name, uint32_t otherwise)
{
    size_t len;
    const char *text = bench_request_field(request, name, &len);

    return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 10);
}

bool bench_request_is(const struct bench_request *request, const char *method,
                      const char *path)
{
    return request->method_len == strlen(method) &&
           memcmp(request->method, method, request->method_len) == 0 &&
           request->target_len >= strlen(path) &&
           memcmp(request->target, path, strlen(path)) == 0;
}
