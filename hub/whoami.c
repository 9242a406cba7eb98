#include "hub/whoami.h"

#include "common/http/request.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/tokens.h"

void hub_whoami(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;
    const char *header = wsub_http_header(req, "Authorization");
    char name[HUB_TOKEN_NAME_MAX_BYTES + 1] = "";
    bool may_change =
        hub_tokens_name(hub->tokens, HUB_TOKEN_ADMIN, header, name);

    if (!may_change)
        hub_tokens_name(hub->tokens, HUB_TOKEN_ADMIN_READ, header, name);
    hub_json_respond(
        req, json_pack("{s:o, s:b, s:s, s:s, s:s}", "token",
                       hub_json_text(name), "read_only", (int)!may_change,
                       "instance", hub->config->instance_name, "version",
                       WSUB_VERSION, "public_url", hub->public_url));
}
