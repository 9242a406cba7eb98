#include "hub/page.h"

#include "common/base/buf.h"
#include "common/http/accept.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/hub.h"
#include "hub/json.h"

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

static void reply_html(const struct hub *hub, struct wsub_http_request *req)
{
    struct wsub_buf page = {0};

    wsub_buf_str(&page,
                 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                 "<meta charset=\"utf-8\">\n<title>websubd</title>\n"
                 "</head>\n<body>\n<h1>websubd</h1>\n"
                 "<p>This is a <a href=\"https://www.w3.org/TR/websub/\">"
                 "WebSub</a> hub.</p>\n"
                 "<p>Publishers name it in their topics' headers:</p>\n"
                 "<pre>Link: ");
    add_escaped(&page, hub->link_header);
    wsub_buf_str(&page, "</pre>\n<p>Subscribers POST <code>hub.mode</code>, "
                        "<code>hub.topic</code> and <code>hub.callback"
                        "</code> to <code>");
    add_escaped(&page, hub->public_url);
    wsub_buf_str(&page, "</code>.</p>\n</body>\n</html>\n");
    wsub_http_respond(req, 200, "text/html; charset=utf-8", page.data,
                      page.len);
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
