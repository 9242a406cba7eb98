#include "hub/page.h"

#include <stdbool.h>
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

/* A word of a shell, whatever the texts hold. */
static void add_word(struct wsub_buf *word, const char *text, const char *more)
{
    wsub_buf_char(word, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            wsub_buf_str(word, "'\\'");
        wsub_buf_char(word, *text);
    }
    wsub_buf_str(word, more);
    wsub_buf_char(word, '\'');
}

static void add_url(const struct hub *hub, struct wsub_buf *value)
{
    wsub_buf_str(value, hub->public_url);
}

static void add_url_word(const struct hub *hub, struct wsub_buf *value)
{
    add_word(value, hub->public_url, "");
}

/* Below the hub's URL, which may end without a slash. */
static void add_publish_word(const struct hub *hub, struct wsub_buf *value)
{
    size_t len = strlen(hub->public_url);
    bool is_folder = len > 0 && hub->public_url[len - 1] == '/';

    add_word(value, hub->public_url,
             is_folder ? "publish?hub.topic=orders.created"
                       : "/publish?hub.topic=orders.created");
}

static void add_link(const struct hub *hub, struct wsub_buf *value)
{
    wsub_buf_str(value, hub->link_header);
}

static void add_version(const struct hub *hub, struct wsub_buf *value)
{
    (void)hub;
    wsub_buf_str(value, WSUB_VERSION);
}

static void add_subscribe_token(const struct hub *hub, struct wsub_buf *value)
{
    wsub_buf_str(value, token_words(hub, HUB_TOKEN_SUBSCRIBE));
}

static void add_publish_token(const struct hub *hub, struct wsub_buf *value)
{
    wsub_buf_str(value, token_words(hub, HUB_TOKEN_PUBLISH));
}

/* What stands in front/page.html for what differs from hub to hub. */
static const struct {
    const char *name;
    void (*add)(const struct hub *hub, struct wsub_buf *value);
} values[] = {
    {"url", add_url},
    {"url_word", add_url_word},
    {"publish_word", add_publish_word},
    {"link", add_link},
    {"version", add_version},
    {"subscribe_token", add_subscribe_token},
    {"publish_token", add_publish_token},
};

static void add_value(const struct hub *hub, const char *name, size_t len,
                      struct wsub_buf *page)
{
    struct wsub_buf value = {0};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (strlen(values[i].name) == len &&
            memcmp(values[i].name, name, len) == 0)
            values[i].add(hub, &value);
    add_escaped(page, wsub_buf_cstr(&value));
    wsub_buf_done(&value);
}

/* `{{name}}` becomes the value of that name. */
static void fill_in(const struct hub *hub, const char *text,
                    struct wsub_buf *page)
{
    const char *begin, *end;

    while ((begin = strstr(text, "{{")) != NULL &&
           (end = strstr(begin, "}}")) != NULL) {
        wsub_buf_add(page, text, (size_t)(begin - text));
        add_value(hub, begin + 2, (size_t)(end - begin - 2), page);
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
