/* subscriber_fixture.h - a subscriber's server, on the loop of redis_fixture.h.
 *
 * One callback, /cb, which takes deliveries and verifications.  The test says
 * how it responds, or keeps its requests waiting. */
#ifndef TESTS_UNIT_SUBSCRIBER_FIXTURE_H
#define TESTS_UNIT_SUBSCRIBER_FIXTURE_H

#include "common/http/request.h"
#include "common/http/respond.h"
#include "tests/unit/server_fixture.h"

#define SUBSCRIBER_HELD_MAX 16

/* How it responds. */
static int subscriber_status;
static const char *subscriber_retry_after; /* NULL: without the header */
static const char *subscriber_echo;        /* NULL: the challenge */
static bool subscriber_holds;              /* requests wait */

/* What came. */
static unsigned subscriber_requests;
static char subscriber_query[1000]; /* of the last request, and the rest */
static char subscriber_body[1000];
static char subscriber_type[200], subscriber_link[400], subscriber_agent[200],
    subscriber_signature[200], subscriber_coding[50], subscriber_event[80],
    subscriber_attempt[20];
static char subscriber_webhook[300]; /* ID TIMESTAMP SIGNATURE */
static struct wsub_http_request *subscriber_held[SUBSCRIBER_HELD_MAX];
static unsigned subscriber_held_count;

static void subscriber_keep(char *room, size_t size, const char *text)
{
    snprintf(room, size, "%s", text != NULL ? text : "");
}

static void subscriber_note_webhook(const struct wsub_http_request *req)
{
    static const char *const names[] = {"webhook-id", "webhook-timestamp",
                                        "webhook-signature"};
    const char *values[3];

    for (int i = 0; i < 3; i++) {
        values[i] = wsub_http_header(req, names[i]);
        if (values[i] == NULL)
            values[i] = "";
    }
    snprintf(subscriber_webhook, sizeof(subscriber_webhook), "%s %s %s",
             values[0], values[1], values[2]);
}

static void subscriber_note(const struct wsub_http_request *req)
{
    size_t len;

#define KEEP(room, text) subscriber_keep(room, sizeof(room), text)
    subscriber_requests++;
    KEEP(subscriber_query, wsub_http_query(req));
    KEEP(subscriber_body, wsub_http_body(req, &len));
    KEEP(subscriber_type, wsub_http_header(req, "content-type"));
    KEEP(subscriber_link, wsub_http_header(req, "link"));
    KEEP(subscriber_agent, wsub_http_header(req, "user-agent"));
    KEEP(subscriber_signature, wsub_http_header(req, "x-hub-signature"));
    KEEP(subscriber_coding, wsub_http_header(req, "content-encoding"));
    KEEP(subscriber_event, wsub_http_header(req, "websubd-event"));
    KEEP(subscriber_attempt, wsub_http_header(req, "websubd-attempt"));
    subscriber_note_webhook(req);
#undef KEEP
}

/* The challenge of the request; "" without one. */
static const char *subscriber_challenge(const struct wsub_http_request *req)
{
    static const char name[] = "hub.challenge=";
    static char challenge[100];
    const char *query = wsub_http_query(req);
    const char *at = query != NULL ? strstr(query, name) : NULL;

    if (at == NULL)
        return "";
    at += strlen(name);
    snprintf(challenge, sizeof(challenge), "%.*s", (int)strcspn(at, "&"), at);
    return challenge;
}

static void subscriber_respond(struct wsub_http_request *req)
{
    const char *body =
        subscriber_echo != NULL ? subscriber_echo : subscriber_challenge(req);

    if (subscriber_retry_after != NULL)
        wsub_http_respond_header(req, "Retry-After", subscriber_retry_after);
    if (subscriber_status == 204 || subscriber_status == 304)
        body = "";
    wsub_http_respond(req, subscriber_status, "text/plain", body, strlen(body));
}

static void subscriber_on_request(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    subscriber_note(req);
    if (subscriber_holds) {
        ck_assert_uint_lt(subscriber_held_count, SUBSCRIBER_HELD_MAX);
        subscriber_held[subscriber_held_count++] = req;
    } else {
        subscriber_respond(req);
    }
}

static const struct wsub_http_route subscriber_routes[] = {
    {"GET", "/cb", subscriber_on_request, NULL, 0},
    {"POST", "/cb", subscriber_on_request, NULL, WSUB_HTTP_BODY_MAX},
    {0},
};

/* Responds to what waits, and no longer holds. */
REDIS_FIXTURE void subscriber_go_on(void)
{
    subscriber_holds = false;
    for (unsigned i = 0; i < subscriber_held_count; i++)
        subscriber_respond(subscriber_held[i]);
    subscriber_held_count = 0;
}

/* Makes the server, and a client that reaches it. */
REDIS_FIXTURE void subscriber_set_up(void)
{
    subscriber_status = 200;
    subscriber_retry_after = subscriber_echo = NULL;
    subscriber_holds = false;
    subscriber_requests = subscriber_held_count = 0;
    server_set_up(subscriber_routes);
}

REDIS_FIXTURE void subscriber_tear_down(void)
{
    subscriber_go_on();
    server_tear_down();
}

/* Its callback; valid as long as the server. */
REDIS_FIXTURE const char *subscriber_callback(void)
{
    static char callback[200];

    snprintf(callback, sizeof(callback), "%s", server_url("/cb"));
    return callback;
}

#endif
