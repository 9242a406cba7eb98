#include "common/http/parse.h"

#include <stdbool.h>
#include <string.h>

#define VERSION_BYTES 8 /* HTTP/1.1 */

static const char *const methods[] = {
    "GET",     "HEAD",    "POST",  "PUT",   "DELETE",
    "CONNECT", "OPTIONS", "TRACE", "PATCH",
};

static const char *find_method(const char *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strlen(methods[i]) == len && memcmp(methods[i], bytes, len) == 0)
            return methods[i];
    return NULL;
}

static struct wsub_http_span span(const char *bytes, const char *from,
                                  const char *to)
{
    return (struct wsub_http_span){(uint16_t)(from - bytes),
                                   (uint16_t)(to - from)};
}

/* The request line ends at `end`: METHOD TARGET HTTP/1.x. */
static enum wsub_http_fault parse_request_line(const char *bytes,
                                               const char *end,
                                               struct wsub_http_head *head)
{
    const char *method_end = memchr(bytes, ' ', (size_t)(end - bytes));

    if (method_end == NULL || end - method_end < VERSION_BYTES + 2)
        return WSUB_HTTP_BAD_LINE;
    head->method = find_method(bytes, (size_t)(method_end - bytes));
    if (head->method == NULL)
        return WSUB_HTTP_BAD_METHOD;
    head->target = span(bytes, method_end + 1, end - VERSION_BYTES - 1);
    head->minor = end[-1] - '0';
    return WSUB_HTTP_FINE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static enum wsub_http_fault parse_field(const char *bytes, const char *line,
                                        const char *end,
                                        struct wsub_http_head *head)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const char *value;

    if (colon == NULL)
        return WSUB_HTTP_BAD_NAME;
    if (head->count == WSUB_HTTP_FIELDS_MAX)
        return WSUB_HTTP_TOO_MANY_FIELDS;
    value = colon + 1;
    while (value < end && is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    head->fields[head->count++] = (struct wsub_http_field){
        .name = span(bytes, line, colon),
        .value = span(bytes, value, end),
    };
    return WSUB_HTTP_FINE;
}

enum wsub_http_fault wsub_http_parse_head(const char *bytes, size_t len,
                                          struct wsub_http_head *ret_head)
{
    const char *line = bytes, *end = memchr(bytes, '\r', len);
    enum wsub_http_fault fault = WSUB_HTTP_FINE;

    ret_head->count = 0;
    while (fault == WSUB_HTTP_FINE && end != NULL && end > line) {
        fault = line == bytes ? parse_request_line(bytes, end, ret_head)
                              : parse_field(bytes, line, end, ret_head);
        line = end + 2; /* behind CR LF */
        end = memchr(line, '\r', len - (size_t)(line - bytes));
    }
    return fault;
}
