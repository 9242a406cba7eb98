#include "common/http/framing.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/http/authority.h"

/* More than any limit, and far from an overflow. */
#define LENGTH_MAX (SIZE_MAX / 16)

/* What the fields of a head add up to. */
struct reading {
    const char *bytes; /* borrowed; outlives the call */
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

static enum wsub_http_fault read_host(struct reading *r, const char *value,
                                      size_t len)
{
    if (++r->hosts > 1)
        return WSUB_HTTP_MANY_HOSTS;
    /* Empty for a target without an authority (RFC 9112 section 3.2). */
    if (len > 0 && !wsub_http_is_authority(value, len))
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
        if (n <= LENGTH_MAX)
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
    size_t scheme = 0, host;

    if (len > 7 && strncasecmp(target, "http://", 7) == 0)
        scheme = 7;
    else if (len > 8 && strncasecmp(target, "https://", 8) == 0)
        scheme = 8;
    if (scheme == 0)
        return 0;
    for (host = 0; scheme + host < len; host++)
        if (strchr("/?", target[scheme + host]) != NULL)
            break;
    return wsub_http_is_authority(target + scheme, host) ? scheme + host : 0;
}

/* RFC 9112 section 3.2.4. */
static bool is_asterisk(const char *target, const struct wsub_http_head *head)
{
    return is(target, head->target.len, "*") &&
           strcmp(head->method, "OPTIONS") == 0;
}

static enum wsub_http_fault read_target(const char *bytes,
                                        const struct wsub_http_head *head,
                                        struct wsub_http_framing *out)
{
    const char *target = bytes + head->target.at;
    const char *end = target + head->target.len;
    const char *path = target;
    const char *query;

    if (*target != '/' && !is_asterisk(target, head)) {
        path += skip_authority(target, head->target.len);
        if (path == target)
            return WSUB_HTTP_TARGET_FORM;
    }
    query = memchr(path, '?', (size_t)(end - path));
    out->has_query = query != NULL;
    if (query != NULL)
        out->query = (struct wsub_http_span){(uint16_t)(query + 1 - bytes),
                                             (uint16_t)(end - query - 1)};
    else
        query = end;
    out->path = (struct wsub_http_span){(uint16_t)(path - bytes),
                                        (uint16_t)(query - path)};
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
    if (r->out->length > LENGTH_MAX)
        return WSUB_HTTP_BODY_TOO_LARGE;
    return WSUB_HTTP_FINE;
}

enum wsub_http_fault
wsub_http_framing_read(const char *bytes, const struct wsub_http_head *head,
                       struct wsub_http_framing *ret_framing)
{
    struct reading r = {.bytes = bytes, .out = ret_framing};
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
