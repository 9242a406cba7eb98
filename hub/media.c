#include "hub/media.h"

#include <string.h>
#include <strings.h>

#include "common/http/request.h"
#include "hub/errors.h"

bool hub_is_media(const struct wsub_http_request *req, const char *type)
{
    const char *given = wsub_http_header(req, "Content-Type");
    size_t len = strlen(type);

    return given != NULL && strncasecmp(given, type, len) == 0 &&
           (given[len] == '\0' || strchr("; \t", given[len]) != NULL);
}

bool hub_is_json(const struct wsub_http_request *req)
{
    return hub_is_media(req, HUB_MEDIA_JSON);
}

bool hub_check_json(struct wsub_http_request *req)
{
    if (hub_is_json(req))
        return true;
    hub_refuse(req, HUB_FAULT_MEDIA_TYPE, NULL,
               "The Content-Type must be application/json.");
    return false;
}
