#include "hub/page.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/http/accept.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/tokens.h"
#include "hub/web.h"
#include "hub/web_file.h"

/* Adds `text` with HTML's special characters escaped. */
static void add_escaped(struct wsub_buf *page, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            wsub_buf_str(page, "&lt;");
            break;
        case '>':
            wsub_buf_str(page, "&gt;");
            break;
        case '&':
            wsub_buf_str(page, "&amp;");
            break;
        case '"':
            wsub_buf_str(page, "&quot;");
            break;
        default:
            wsub_buf_char(page, *text);
        }
    }
}

static const char *token_words(const struct hub *hub, enum hub_token_use use)
{
    return hub_tokens_needs(hub->tokens, use)
               ? " -H 'Authorization: Bearer TOKEN'"
               : "";
}

/* What stands in front/page.html for what differs from hub to hub. */
static const char *value_of(const struct hub *hub, const char *name, size_t len)
{
    const struct {
        const char *name, *value;
    } values[] = {
        {"url", hub->public_url},
        {"link", hub->link_header},
        {"version", WSUB_VERSION},
        {"subscribe_token", token_words(hub, HUB_TOKEN_SUBSCRIBE)},
        {"publish_token", token_words(hub, HUB_TOKEN_PUBLISH)},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (strlen(values[i].name) == len &&
            memcmp(values[i].name, name, len) == 0)
            return values[i].value;
    return "";
}

/* `{{name}}` becomes the value of that name. */
static void fill_in(const struct hub *hub, const char *text,
                    struct wsub_buf *page)
{
    const char *begin, *end;

    while ((begin = strstr(text, "{{")) != NULL &&
           (end = strstr(begin, "}}")) != NULL) {
        wsub_buf_add(page, text, (size_t)(begin - text));
        add_escaped(page, value_of(hub, begin + 2, (size_t)(end - begin - 2)));
        text = end + 2;
    }
    wsub_buf_str(page, text);
}

static void reply_html(const struct hub *hub, struct wsub_http_request *req)
{
    const struct hub_web_file *file = hub_web_find("front/page.html");
    struct wsub_buf page = {0};

    hub_web_guard(req);
    fill_in(hub, (const char *)file->plain.bytes, &page);
    wsub_http_respond(req, 200, file->type, page.data, page.len);
    wsub_buf_done(&page);
}

static void reply_json(const struct hub *hub, struct wsub_http_request *req)
{
    hub_json_respond(req,
                     json_pack("{s:s, s:s, s:s}", "service", "hub", "version",
                               WSUB_VERSION, "public_url", hub->public_url));
}

void hub_page(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;
    const char *accept = wsub_http_header(req, "Accept");

    wsub_http_respond_header(req, "Link", hub->link_header);
    if (wsub_accept_prefers_json(accept))
        reply_json(hub, req);
    else
        reply_html(hub, req);
}
