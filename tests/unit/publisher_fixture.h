/* publisher_fixture.h - a publisher's server, on the loop of redis_fixture.h. */
#ifndef TESTS_UNIT_PUBLISHER_FIXTURE_H
#define TESTS_UNIT_PUBLISHER_FIXTURE_H

#include <stdlib.h>

#include "common/http/client.h"
#include "common/http/respond.h"
#include "common/http/request.h"
#include "common/http/server.h"
#include "tests/unit/redis_fixture.h"

#define PUBLISHER_HUB "http://hub.example/"

static struct wsub_http_server *publisher;
static struct wsub_http_client *client;
static unsigned publisher_requests;
static char publisher_agent[200];         /* of the last request */
static char publisher_if_none_match[200]; /* of the last request; "": none */
static struct wsub_http_request *publisher_waits; /* one to /later */

static void publisher_note(const struct wsub_http_request *req)
{
    const char *agent = wsub_http_header(req, "user-agent");
    const char *tag = wsub_http_header(req, "if-none-match");

    publisher_requests++;
    snprintf(publisher_agent, sizeof(publisher_agent), "%s", agent);
    snprintf(publisher_if_none_match, sizeof(publisher_if_none_match), "%s",
             tag != NULL ? tag : "");
}

static void publisher_content(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    publisher_note(req);
    if (publisher_if_none_match[0] != '\0') {
        wsub_http_respond(req, 304, NULL, NULL, 0);
        return;
    }
    wsub_http_respond_header(req, "ETag", "\"7\"");
    wsub_http_respond_header(req, "Last-Modified", "yesterday");
    wsub_http_respond_header(req, "Link", "<" PUBLISHER_HUB ">; rel=hub");
    wsub_http_respond_header(req, "Link", "</content>; rel=self");
    wsub_http_respond(req, 200, "text/plain", "content", 7);
}

static void publisher_later(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    publisher_note(req);
    publisher_waits = req;
}

/* /status?N */
static void publisher_status(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    publisher_note(req);
    wsub_http_respond(req, (int)strtol(wsub_http_query(req), NULL, 10),
                      "text/plain", "", 0);
}

/* /large: more than max_body_bytes */
static void publisher_large(struct wsub_http_request *req, void *arg)
{
    static const char body[2000];

    (void)arg;
    publisher_note(req);
    wsub_http_respond(req, 200, "text/plain", body, sizeof(body));
}

/* /hop?N: N redirects, then content. */
static void publisher_hop(struct wsub_http_request *req, void *arg)
{
    long hops = strtol(wsub_http_query(req), NULL, 10);
    char location[32];

    if (hops == 0) {
        publisher_content(req, arg);
        return;
    }
    publisher_note(req);
    snprintf(location, sizeof(location), "/hop?%ld", hops - 1);
    wsub_http_respond_header(req, "Location", location);
    wsub_http_respond(req, 302, NULL, NULL, 0);
}

/* /to?LOCATION */
static void publisher_to(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    publisher_note(req);
    wsub_http_respond_header(req, "Location", wsub_http_query(req));
    wsub_http_respond(req, 307, NULL, NULL, 0);
}

static const struct wsub_http_route publisher_routes[] = {
    {"GET", "/content", publisher_content},
    {"GET", "/later", publisher_later},
    {"GET", "/status", publisher_status},
    {"GET", "/large", publisher_large},
    {"GET", "/hop", publisher_hop},
    {"GET", "/to", publisher_to},
    {0},
};

/* Makes a server, and a client that reaches it. */
REDIS_FIXTURE void publisher_set_up(void)
{
    char err_text[256] = "";

    publisher_requests = 0;
    publisher_agent[0] = publisher_if_none_match[0] = '\0';
    publisher_waits = NULL;
    ck_assert_int_eq(wsub_http_server_new(base,
                                          &(struct wsub_http_server_options){
                                              .listen = "127.0.0.1:0",
                                              .routes = publisher_routes,
                                              .max_connections = 100,
                                              .request_timeout_ms = DEADLINE_MS,
                                              .idle_timeout_ms = DEADLINE_MS,
                                          },
                                          err_text, &publisher),
                     WSUB_OK);
    client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = DEADLINE_MS,
        .max_requests = 10,
        .allow_private_networks = true,
    });
}

REDIS_FIXTURE void publisher_tear_down(void)
{
    wsub_http_client_free(client);
    wsub_http_server_free(publisher);
}

/* The publisher's URL with this path; valid until the next call. */
REDIS_FIXTURE const char *publisher_url(const char *path)
{
    static char url[200];

    snprintf(url, sizeof(url), "http://%s%s",
             wsub_http_server_address(publisher), path);
    return url;
}

#endif
