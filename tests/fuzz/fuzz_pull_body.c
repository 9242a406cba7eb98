/* fuzz_pull_body.c - the JSON body of a request to the pull API: hub/pull/body.h.
 *
 * Whatever a body has, each check either passes with a value in its bounds, or has
 * responded. */
#include "hub/pull/body.h"

#include <event2/event.h>

#include "common/base/log.h"
#include "common/http/incoming.h"
#include "common/net/egress.h"
#include "common/store/pull/subscription.h"
#include "common/store/store.h"
#include "tests/fuzz/fuzz.h"

#define SHARDS 8
#define MAX 1000

static char redis_url[] = "unix:///nonexistent", prefix[] = "w", none[] = "";
static char ports[] = "1-65535";
static struct wsub_config config = {
    .redis_url = redis_url,
    .key_prefix = prefix,
    .public_url = none,
    .dns_servers = none,
    .topic_allow = none,
    .topic_deny = none,
    .allow_networks = none,
    .deny_networks = none,
    .callback_ports = ports,
    .shards = SHARDS,
    .redis_timeout_ms = 1000,
};
static struct hub hub = {.config = &config};

/* The store is never up: only its settings count. */
static void start(void)
{
    char err_text[256];

    if (hub.store != NULL)
        return;
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    hub.egress = wsub_egress_new(&config);
    FUZZ_CHECK(wsub_store_new(
                   &(struct wsub_store_options){
                       .base = event_base_new(),
                       .config = &config,
                   },
                   err_text, &hub.store) == WSUB_OK);
}

/* A request whose client is gone: its response ends it. */
static struct wsub_http_request *request(const uint8_t *data, size_t size)
{
    struct wsub_http_request *req = wsub_http_incoming_new();

    memcpy(wsub_http_incoming_reserve(req, size + 1), data, size);
    req->in.len += size;
    req->in.data[size] = '\0';
    req->body_bytes = size;
    req->handled = true;
    return req;
}

static struct wsub_http_request *again(void)
{
    return request((const uint8_t *)"", 0);
}

static void finish(struct wsub_http_request *req, bool passed)
{
    if (passed) /* nobody has responded */
        wsub_http_incoming_free(req);
}

static void check_id(const json_t *body)
{
    struct wsub_http_request *req = again();
    const char *id = NULL;
    bool passed = hub_pull_body_id(req, body, &id);

    FUZZ_CHECK(!passed || (strlen(id) > 0 && strlen(id) < WSUB_PULL_ID_BYTES &&
                           strpbrk(id, "\r\n\t") == NULL));
    finish(req, passed);
}

static void check_topics(const json_t *body)
{
    struct wsub_http_request *req = again();
    struct wsub_buf text = {0};
    bool given = false;
    bool passed = hub_pull_body_topics(req, &hub, body, &given, &text);
    unsigned count = text.len > 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == ' ';
    FUZZ_CHECK(count <= WSUB_PULL_TOPICS_MAX);
    FUZZ_CHECK(!passed || given == (text.len > 0));
    wsub_buf_done(&text);
    finish(req, passed);
}

static void check_numbers(const json_t *body)
{
    struct wsub_http_request *req = again();
    uint32_t number = 1;
    uint64_t timeout_ms = 0;
    bool passed = hub_pull_body_number(req, body, "max", MAX, &number);

    FUZZ_CHECK(number >= 1 && number <= MAX);
    finish(req, passed);
    req = again();
    passed = hub_pull_body_timeout(req, body, &timeout_ms);
    FUZZ_CHECK(timeout_ms <= HUB_PULL_TIMEOUT_MAX_S * 1000);
    finish(req, passed);
}

static void check_words(const json_t *body)
{
    struct wsub_http_request *req = again();
    struct wsub_place event = {0};
    bool yes = false, given = false;
    bool passed =
        hub_pull_body_choice(req, body, "ack", "auto", "explicit", &yes);

    FUZZ_CHECK(passed || !yes);
    finish(req, passed);
    req = again();
    passed = hub_pull_body_event(req, &hub, body, "after", "", &given, &event);
    FUZZ_CHECK(event.shard < SHARDS);
    finish(req, passed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsub_http_request *req;
    json_t *body;

    start();
    req = request(data, size);
    body = hub_pull_body(req);
    if (body == NULL)
        return 0;
    finish(req, true);
    check_id(body);
    check_topics(body);
    check_numbers(body);
    check_words(body);
    json_decref(body);
    return 0;
}
