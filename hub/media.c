#include "hub/media.h"

#include <string.h>
#include <strings.h>

#include "common/http/request.h"
#include "hub/errors.h"

bool hub_is_json(const struct wsub_http_request *req)
{
    static const char json[] = "application/json";
    const char *type = wsub_http_header(req, "Content-Type");
    size_t len = strlen(json);

    return type != NULL && strncasecmp(type, json, len) == 0 &&
           (type[len] == '\0' || strchr("; \t", type[len]) != NULL);
}

bool hub_check_json(struct wsub_http_request *req)
{
    if (hub_is_json(req))
        return true;
    hub_refuse(req, HUB_FAULT_MEDIA_TYPE, NULL,
               "The Content-Type must be application/json.");
    return false;
}
