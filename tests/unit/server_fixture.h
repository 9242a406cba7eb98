/* server_fixture.h - a server on the loop of redis_fixture.h, and a client that
 * reaches it: what publisher_fixture.h and subscriber_fixture.h share. */
#ifndef TESTS_UNIT_SERVER_FIXTURE_H
#define TESTS_UNIT_SERVER_FIXTURE_H

#include "common/http/client.h"
#include "common/http/server.h"
#include "tests/unit/redis_fixture.h"

static struct wsub_http_server *server;
static struct wsub_http_client *client;

REDIS_FIXTURE void server_set_up(const struct wsub_http_route *routes)
{
    char err_text[256] = "";

    ck_assert_int_eq(wsub_http_server_new(base,
                                          &(struct wsub_http_server_options){
                                              .listen = "127.0.0.1:0",
                                              .routes = routes,
                                              .max_body_bytes = 65536,
                                              .max_connections = 100,
                                              .request_timeout_ms = DEADLINE_MS,
                                              .idle_timeout_ms = DEADLINE_MS,
                                          },
                                          err_text, &server),
                     WSUB_OK);
    client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = DEADLINE_MS,
        .max_requests = 10,
        .kept_connections = 20,
    });
}

REDIS_FIXTURE void server_tear_down(void)
{
    wsub_http_client_free(client);
    wsub_http_server_free(server);
}

/* The server's URL with this path; valid until the next call. */
REDIS_FIXTURE const char *server_url(const char *path)
{
    static char url[200];

    snprintf(url, sizeof(url), "http://%s%s", wsub_http_server_address(server),
             path);
    return url;
}

#endif
