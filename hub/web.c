#include "hub/web.h"

#include <stdbool.h>
#include <string.h>

#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/errors.h"
#include "hub/web_file.h"

#define POLICY                                                                 \
    "default-src 'none'; script-src 'self'; style-src 'self'; "                \
    "connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "       \
    "base-uri 'none'; form-action 'none'"

const struct hub_web_file *hub_web_find(const char *name)
{
    for (const struct hub_web_file *file = hub_web_files; file->name != NULL;
         file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

void hub_web_guard(struct wsub_http_request *req)
{
    wsub_http_respond_header(req, "Content-Security-Policy", POLICY);
    wsub_http_respond_header(req, "X-Content-Type-Options", "nosniff");
    wsub_http_respond_header(req, "Referrer-Policy", "no-referrer");
    wsub_http_respond_header(req, "Cross-Origin-Resource-Policy",
                             "same-origin");
    wsub_http_respond_header(req, "Cache-Control", "no-cache");
}

/* If-None-Match is a list of quoted tags, maybe weak ones. */
static bool has_it(const struct wsub_http_request *req,
                   const struct hub_web_file *file)
{
    const char *known = wsub_http_header(req, "If-None-Match");

    return known != NULL && strstr(known, file->etag) != NULL;
}

void hub_web_respond(struct wsub_http_request *req,
                     const struct hub_web_file *file)
{
    hub_web_guard(req);
    wsub_http_respond_header(req, "ETag", file->etag);
    if (has_it(req, file))
        wsub_http_respond(req, 304, NULL, NULL, 0);
    else
        wsub_http_respond(req, 200, file->type, file->bytes, file->len);
}

void hub_web_file_get(struct wsub_http_request *req, void *hub)
{
    const struct hub_web_file *file = hub_web_find(wsub_http_path(req) + 1);

    (void)hub;
    if (file == NULL)
        hub_refuse(req, HUB_FAULT_PATH, NULL, "There is nothing at this path.");
    else
        hub_web_respond(req, file);
}

void hub_dashboard(struct wsub_http_request *req, void *hub)
{
    (void)hub;
    hub_web_respond(req, hub_web_find("dashboard/index.html"));
}
