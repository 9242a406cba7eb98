#include "hub/request_log.h"

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/http/client_address.h"
#include "common/http/request.h"
#include "hub/clients.h"
#include "hub/hub.h"

void hub_request_log(struct hub *hub, const struct wsub_http_request *req,
                     int status, uint64_t took_us)
{
    struct wsub_client_address client;

    if (!hub->config->access_log)
        return;
    hub_clients_find(hub->clients, req, &client);
    wsub_log_info("request", WSUB_KU("request", ++hub->logged_requests),
                  WSUB_KV("client", client.text),
                  WSUB_KV("method", wsub_http_method(req)),
                  WSUB_KV("path", wsub_http_path(req)),
                  WSUB_KU("body_bytes", wsub_http_body_came(req)),
                  WSUB_KU("status", status), WSUB_KU("us", took_us));
}
