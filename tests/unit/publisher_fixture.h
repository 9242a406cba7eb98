/* publisher_fixture.h - a publisher's server, on the loop of redis_fixture.h. */
#ifndef TESTS_UNIT_PUBLISHER_FIXTURE_H
#define TESTS_UNIT_PUBLISHER_FIXTURE_H

#include <stdlib.h>

#include "common/host/host.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "tests/unit/server_fixture.h"

#define PUBLISHER_HUB "http://hub.example/"
#define PUBLISHER_HOST_MAX 2 /* requests at once, and as many that wait */

static struct wsub_hosts *hosts;

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

/* /again?STATUS&RETRY_AFTER */
static void publisher_again(struct wsub_http_request *req, void *arg)
{
    char *after;
    long status = strtol(wsub_http_query(req), &after, 10);

    (void)arg;
    publisher_note(req);
    wsub_http_respond_header(req, "Retry-After", after + 1);
    wsub_http_respond(req, (int)status, "text/plain", "", 0);
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
    {"GET", "/content", publisher_content, NULL, 0},
    {"GET", "/later", publisher_later, NULL, 0},
    {"GET", "/status", publisher_status, NULL, 0},
    {"GET", "/again", publisher_again, NULL, 0},
    {"GET", "/large", publisher_large, NULL, 0},
    {"GET", "/hop", publisher_hop, NULL, 0},
    {"GET", "/to", publisher_to, NULL, 0},
    {0},
};

/* Makes a server, a client that reaches it, and hosts. */
REDIS_FIXTURE void publisher_set_up(void)
{
    publisher_requests = 0;
    publisher_agent[0] = publisher_if_none_match[0] = '\0';
    publisher_waits = NULL;
    server_set_up(publisher_routes);
    hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = PUBLISHER_HOST_MAX,
        .per_endpoint = 2 * PUBLISHER_HOST_MAX,
        .unproven_max = 100,
        .lingering_max = 100,
        .queue_max = PUBLISHER_HOST_MAX,
        .waiting_max = 100,
        .wait_max_ms = DEADLINE_MS,
    });
}

REDIS_FIXTURE void publisher_tear_down(void)
{
    server_tear_down();
}

/* After all that was in the hosts. */
REDIS_FIXTURE void publisher_free_hosts(void)
{
    wsub_hosts_free(hosts);
}

/* The publisher's URL with this path; valid until the next call. */
REDIS_FIXTURE const char *publisher_url(const char *path)
{
    return server_url(path);
}

#endif
