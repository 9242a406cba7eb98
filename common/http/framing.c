#include "common/http/framing.h"

#include <string.h>
#include <strings.h>

/* What the fields of a head add up to. */
struct reading {
    const char *bytes; /* borrowed; outlives the call */
    size_t max_body_bytes;
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    bool close;
    bool persist;
    struct wsub_http_framing *out;
};

typedef enum wsub_http_fault reader(struct reading *r, const char *value,
                                    size_t len);

static bool is(const char *bytes, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(bytes, word, len) == 0;
}

static bool is_host_byte(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("-._~!$&'()*+;=%:[]", c) != NULL;
}

static enum wsub_http_fault read_host(struct reading *r, const char *value,
                                      size_t len)
{
    if (++r->hosts > 1)
        return WSUB_HTTP_MANY_HOSTS;
    for (size_t i = 0; i < len; i++)
        if (!is_host_byte(value[i]))
            return WSUB_HTTP_BAD_HOST;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_length(struct reading *r, const char *value,
                                        size_t len)
{
    size_t n = 0;

    if (++r->lengths > 1)
        return WSUB_HTTP_MANY_LENGTHS;
    if (len == 0)
        return WSUB_HTTP_BAD_LENGTH;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return WSUB_HTTP_BAD_LENGTH;
        /* Only compared with the limit from here on, so it may stick. */
        if (n <= r->max_body_bytes)
            n = n * 10 + (size_t)(value[i] - '0');
    }
    r->out->length = n;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_encoding(struct reading *r, const char *value,
                                          size_t len)
{
    if (++r->encodings > 1 || !is(value, len, "chunked"))
        return WSUB_HTTP_BAD_ENCODING;
    r->out->chunked = true;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_connection(struct reading *r,
                                            const char *value, size_t len)
{
    const char *end = value + len;

    while (value < end) {
        size_t skip = strspn(value, " \t,");
        size_t n = strcspn(value + skip, " \t,\r\n");

        if (is(value + skip, n, "close"))
            r->close = true;
        if (is(value + skip, n, "keep-alive"))
            r->persist = true;
        value += skip + n;
        if (n == 0)
            break;
    }
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_expect(struct reading *r, const char *value,
                                        size_t len)
{
    if (!is(value, len, "100-continue"))
        return WSUB_HTTP_BAD_EXPECT;
    r->out->expects_continue = true;
    return WSUB_HTTP_FINE;
}

static const struct {
    const char *name;
    reader *read;
} readers[] = {
    {"host", read_host},
    {"content-length", read_length},
    {"transfer-encoding", read_encoding},
    {"connection", read_connection},
    {"expect", read_expect},
};

static enum wsub_http_fault read_field(struct reading *r,
                                       const struct wsub_http_field *field)
{
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
        if (is(r->bytes + field->name.at, field->name.len, readers[i].name))
            return readers[i].read(r, r->bytes + field->value.at,
                                   field->value.len);
    return WSUB_HTTP_FINE;
}

/* Of "http://host/path" the path counts; the host is this server. */
static size_t skip_authority(const char *target, size_t len)
{
    size_t scheme = 0, host = 0;

    if (len > 7 && strncasecmp(target, "http://", 7) == 0)
        scheme = 7;
    else if (len > 8 && strncasecmp(target, "https://", 8) == 0)
        scheme = 8;
    if (scheme == 0)
        return 0;
    while (scheme + host < len && is_host_byte(target[scheme + host]))
        host++;
    return host == 0 ? 0 : scheme + host;
}

static enum wsub_http_fault read_target(const char *bytes,
                                        const struct wsub_http_head *head,
                                        struct wsub_http_framing *out)
{
    const char *target = bytes + head->target.at;
    const char *end = target + head->target.len;
    const char *path = target;
    const char *query;

    if (target < end && *target != '/') {
        path += skip_authority(target, head->target.len);
        if (path == target || (path < end && *path != '/' && *path != '?'))
            return WSUB_HTTP_TARGET_FORM;
    }
    query = memchr(path, '?', (size_t)(end - path));
    out->has_query = query != NULL;
    if (query != NULL)
        out->query = (struct wsub_http_span){(uint32_t)(query + 1 - bytes),
                                             (uint32_t)(end - query - 1)};
    else
        query = end;
    out->path = (struct wsub_http_span){(uint32_t)(path - bytes),
                                        (uint32_t)(query - path)};
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault judge(const struct reading *r, int minor)
{
    if (r->hosts == 0 && minor > 0)
        return WSUB_HTTP_NO_HOST;
    if (r->encodings > 0 && r->lengths > 0)
        return WSUB_HTTP_MANY_LENGTHS;
    if (r->encodings > 0 && minor == 0)
        return WSUB_HTTP_BAD_ENCODING;
    if (r->out->length > r->max_body_bytes)
        return WSUB_HTTP_BODY_TOO_LARGE;
    return WSUB_HTTP_FINE;
}

enum wsub_http_fault
wsub_http_framing_read(const char *bytes, const struct wsub_http_head *head,
                       size_t max_body_bytes,
                       struct wsub_http_framing *ret_framing)
{
    struct reading r = {
        .bytes = bytes, .max_body_bytes = max_body_bytes, .out = ret_framing};
    enum wsub_http_fault fault;

    *ret_framing = (struct wsub_http_framing){0};
    fault = read_target(bytes, head, ret_framing);
    for (size_t i = 0; i < head->count && fault == WSUB_HTTP_FINE; i++)
        fault = read_field(&r, &head->fields[i]);
    if (fault == WSUB_HTTP_FINE)
        fault = judge(&r, head->minor);
    ret_framing->keep_alive = !r.close && (head->minor > 0 || r.persist);
    if (head->minor == 0) /* an HTTP/1.0 client knows no 100 */
        ret_framing->expects_continue = false;
    return fault;
}
