#include "common/http/parse.h"

#include <stdbool.h>

#ifdef WSUB_HAVE_LLHTTP
#include <llhttp.h>
typedef llhttp_t parser_type;
typedef llhttp_settings_t settings_type;
#else
#include <http_parser.h>
typedef http_parser parser_type;
typedef http_parser_settings settings_type;
#endif

/* One call of wsub_http_parse_head(). */
struct parse {
    const char *bytes; /* borrowed; outlives the call */
    struct wsub_http_head *head;
    bool in_name; /* the last piece seen was a name */
    bool complete;
    bool too_many;
};

/* A piece may come in parts, which follow one another. */
static void extend(const struct parse *p, struct wsub_http_span *span,
                   const char *at, size_t len)
{
    if (span->len == 0)
        span->at = (uint32_t)(at - p->bytes);
    span->len = (uint32_t)(at + len - p->bytes) - span->at;
}

static int on_url(parser_type *parser, const char *at, size_t len)
{
    struct parse *p = parser->data;

    extend(p, &p->head->target, at, len);
    return 0;
}

static int on_field(parser_type *parser, const char *at, size_t len)
{
    struct parse *p = parser->data;

    if (!p->in_name) {
        if (p->head->count == WSUB_HTTP_FIELDS_MAX) {
            p->too_many = true;
            return -1;
        }
        p->head->fields[p->head->count++] = (struct wsub_http_field){0};
    }
    p->in_name = true;
    extend(p, &p->head->fields[p->head->count - 1].name, at, len);
    return 0;
}

static int on_value(parser_type *parser, const char *at, size_t len)
{
    struct parse *p = parser->data;

    p->in_name = false;
    extend(p, &p->head->fields[p->head->count - 1].value, at, len);
    return 0;
}

static int on_head_complete(parser_type *parser)
{
    struct parse *p = parser->data;

    p->complete = true;
    return 0;
}

static const settings_type settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_head_complete,
};

/* Both libraries name these alike. */
static enum wsub_http_fault fault_of(int code)
{
    switch (code) {
    case HPE_INVALID_METHOD:
        return WSUB_HTTP_BAD_METHOD;
    case HPE_INVALID_VERSION:
        return WSUB_HTTP_BAD_VERSION;
    case HPE_INVALID_CONTENT_LENGTH:
        return WSUB_HTTP_BAD_LENGTH;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
        return WSUB_HTTP_MANY_LENGTHS;
    case HPE_INVALID_TRANSFER_ENCODING:
        return WSUB_HTTP_BAD_ENCODING;
    case HPE_INVALID_URL:
        return WSUB_HTTP_TARGET_FORM;
    default:
        return WSUB_HTTP_BAD_SYNTAX;
    }
}

#ifdef WSUB_HAVE_LLHTTP

static enum wsub_http_fault execute(struct parse *p, size_t len)
{
    llhttp_t parser;
    llhttp_errno_t code;

    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = p;
    code = llhttp_execute(&parser, p->bytes, len);
    if (code != HPE_OK && code != HPE_PAUSED_UPGRADE)
        return fault_of((int)code);
    p->head->method = llhttp_method_name((llhttp_method_t)parser.method);
    p->head->minor = parser.http_minor;
    return WSUB_HTTP_FINE;
}

#else

static enum wsub_http_fault execute(struct parse *p, size_t len)
{
    http_parser parser;
    size_t used;

    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = p;
    used = http_parser_execute(&parser, &settings, p->bytes, len);
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK || used != len)
        return fault_of((int)HTTP_PARSER_ERRNO(&parser));
    p->head->method = http_method_str((enum http_method)parser.method);
    p->head->minor = parser.http_minor;
    return WSUB_HTTP_FINE;
}

#endif

/* An empty value may have come without a call: it stands behind the name. */
static void settle(const char *bytes, struct wsub_http_field *field)
{
    struct wsub_http_span *value = &field->value;

    if (value->at == 0)
        value->at = field->name.at + field->name.len;
    while (value->len > 0 && (bytes[value->at + value->len - 1] == ' ' ||
                              bytes[value->at + value->len - 1] == '\t'))
        value->len--;
}

enum wsub_http_fault wsub_http_parse_head(const char *bytes, size_t len,
                                          struct wsub_http_head *ret_head)
{
    struct parse p = {.bytes = bytes, .head = ret_head};
    enum wsub_http_fault fault;

    ret_head->count = 0;
    ret_head->target = (struct wsub_http_span){0};
    fault = execute(&p, len);
    if (p.too_many)
        return WSUB_HTTP_TOO_MANY_FIELDS;
    if (fault != WSUB_HTTP_FINE)
        return fault;
    if (!p.complete)
        return WSUB_HTTP_BAD_SYNTAX;
    for (size_t i = 0; i < ret_head->count; i++)
        settle(bytes, &ret_head->fields[i]);
    return WSUB_HTTP_FINE;
}
