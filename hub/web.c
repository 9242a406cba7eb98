#include "hub/web.h"

#include <stdbool.h>
#include <stdio.h>
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

/* Whether the word is in the header's value. */
static bool names(const struct wsub_http_request *req, const char *header,
                  const char *word)
{
    const char *value = wsub_http_header(req, header);

    return value != NULL && strstr(value, word) != NULL;
}

/* No browser says `gzip;q=0`. */
static const struct hub_web_bytes *choose(struct wsub_http_request *req,
                                          const struct hub_web_file *file)
{
    bool zips = names(req, "Accept-Encoding", "gzip");
    char etag[64];

    snprintf(etag, sizeof(etag), "\"%s%s\"", file->digest, zips ? "-gzip" : "");
    wsub_http_respond_header(req, "ETag", etag);
    wsub_http_respond_header(req, "Vary", "Accept-Encoding");
    return zips ? &file->gzip : &file->plain;
}

void hub_web_respond(struct wsub_http_request *req,
                     const struct hub_web_file *file)
{
    const struct hub_web_bytes *chosen = choose(req, file);

    hub_web_guard(req);
    if (names(req, "If-None-Match", file->digest)) {
        wsub_http_respond(req, 304, NULL, NULL, 0);
        return;
    }
    if (chosen == &file->gzip)
        wsub_http_respond_header(req, "Content-Encoding", "gzip");
    wsub_http_respond(req, 200, file->type, chosen->bytes, chosen->len);
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
