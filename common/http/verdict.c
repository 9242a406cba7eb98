#include "common/http/verdict.h"

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

static int on_head_complete(parser_type *parser)
{
    bool *complete = parser->data;

    *complete = true;
    return 0;
}

static const settings_type settings = {
    .on_headers_complete = on_head_complete,
};

#ifdef WSUB_HAVE_LLHTTP

static void begin(llhttp_t *parser)
{
    llhttp_init(parser, HTTP_REQUEST, &settings);
}

static bool accepts(llhttp_t *parser, const char *bytes, size_t len)
{
    llhttp_errno_t code = llhttp_execute(parser, bytes, len);

    return code == HPE_OK || code == HPE_PAUSED_UPGRADE;
}

#else

static void begin(http_parser *parser)
{
    http_parser_init(parser, HTTP_REQUEST);
}

static bool accepts(http_parser *parser, const char *bytes, size_t len)
{
    size_t used = http_parser_execute(parser, &settings, bytes, len);

    return HTTP_PARSER_ERRNO(parser) == HPE_OK && used == len;
}

#endif

/* Where the value ends, and where the white space behind it does. */
static bool is_padded(const char *bytes, const struct wsub_http_field *field,
                      size_t *ret_end, size_t *ret_after)
{
    size_t end = field->value.at + field->value.len, after = end;

    while (bytes[after] == ' ' || bytes[after] == '\t')
        after++;
    *ret_end = end;
    *ret_after = after;
    return after > end;
}

enum wsub_http_fault wsub_http_verdict(const char *bytes, size_t len,
                                       const struct wsub_http_head *head)
{
    bool complete = false, fine = true;
    size_t from = 0, end, after;
    parser_type parser;

    begin(&parser);
    parser.data = &complete;
    for (size_t i = 0; i < head->count && fine; i++) {
        if (!is_padded(bytes, &head->fields[i], &end, &after))
            continue;
        fine = accepts(&parser, bytes + from, end - from);
        from = after;
    }
    fine = fine && accepts(&parser, bytes + from, len - from);
    return fine && complete ? WSUB_HTTP_FINE : WSUB_HTTP_BAD_SYNTAX;
}
