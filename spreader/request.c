#include "spreader/request.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/config.h"
#include "common/base/container_of.h"
#include "common/base/loop.h"
#include "common/crypto/digest.h"
#include "common/host/sign.h"
#include "common/http/client.h"
#include "common/http/feed.h"
#include "common/http/link.h"
#include "common/http/relation.h"
#include "common/http/resolve.h"
#include "common/http/retry_after.h"
#include "spreader/validators.h"

/* Link headers of one response: libcurl walks all headers for each of them. */
#define LINKS_MAX 1000

/* What finds its host full, or has waited for it too long, comes again then.
 * request.lua counts what is put back for so long. */
#define FULL_MS 500

static bool hop_enter(struct spread_request *r, uint64_t *ret_again_ms);

static const char *last_url(const struct spread_request *r)
{
    return wsub_buf_cstr(&r->hops[r->count - 1]);
}

/* Only 429 and 503 say when to come again. */
static void finish(struct spread_request *r, enum spread_outcome outcome,
                   const char *error, const struct wsub_http_response *http)
{
    uint64_t again_ms =
        http->status == 429 || http->status == 503
            ? wsub_retry_after_of(http, r->o.config->retry_cap_ms)
            : 0;

    r->o.on_response(
        &(struct spread_response){
            .outcome = outcome,
            .status = http->status,
            .error = error,
            .url = last_url(r),
            .again_ms = again_ms,
        },
        r->o.arg);
}

static void finish_busy(struct spread_request *r, uint64_t again_ms)
{
    r->o.on_response(
        &(struct spread_response){
            .outcome = SPREAD_BUSY,
            .error = "the host takes no request now",
            .url = last_url(r),
            .again_ms = again_ms,
        },
        r->o.arg);
}

static struct wsub_buf header(const struct wsub_http_response *http,
                              const char *name)
{
    struct wsub_buf value = {0};
    struct curl_header *found;

    if (curl_easy_header(http->easy, name, 0, CURLH_HEADER, -1, &found) ==
            CURLHE_OK &&
        strlen(found->value) <= SPREAD_HEADER_MAX_BYTES)
        wsub_buf_str(&value, found->value);
    return value;
}

static void find_relations(const struct wsub_http_response *http,
                           const char *type, struct wsub_relations *found)
{
    struct curl_header *link;
    size_t rest = WSUB_LINKS_MAX_BYTES;

    for (size_t i = 0; i < LINKS_MAX && rest > 0 &&
                       curl_easy_header(http->easy, "Link", i, CURLH_HEADER, -1,
                                        &link) == CURLHE_OK;
         i++)
        wsub_link_relations(link->value, &rest, found);
    wsub_feed_relations(type, http->body, http->body_len, found);
}

/* The callback may end the request, so nothing of it is used after. */
static void finish_content(struct spread_request *r,
                           const struct wsub_http_response *http)
{
    struct wsub_buf etag = header(http, "ETag"),
                    modified = header(http, "Last-Modified"),
                    date = header(http, "Date"),
                    type = header(http, "Content-Type");
    struct spread_validators valid =
        spread_validators_of(wsub_buf_cstr(&etag), wsub_buf_cstr(&modified),
                             wsub_buf_cstr(&date), time(NULL));
    struct wsub_relations relations;

    wsub_relations_init(&relations, last_url(r));
    find_relations(http, wsub_buf_cstr(&type), &relations);
    r->o.on_response(
        &(struct spread_response){
            .outcome = SPREAD_CONTENT,
            .status = http->status,
            .error = "",
            .url = last_url(r),
            .body = http->body,
            .body_len = http->body_len,
            .etag = valid.etag ? wsub_buf_cstr(&etag) : "",
            .last_modified =
                valid.last_modified ? wsub_buf_cstr(&modified) : "",
            .type = wsub_buf_cstr(&type),
            .relations = &relations,
        },
        r->o.arg);
    wsub_relations_done(&relations);
    wsub_buf_done(&etag);
    wsub_buf_done(&modified);
    wsub_buf_done(&date);
    wsub_buf_done(&type);
}

static bool was_visited(const struct spread_request *r, const char *url)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(wsub_buf_cstr(&r->hops[i]), url) == 0)
            return true;
    return false;
}

/* Goes where the response says; returns why that is nowhere, else NULL. */
static const char *redirect(struct spread_request *r,
                            const struct wsub_http_response *http)
{
    struct curl_header *location;
    struct wsub_buf next = {0};
    uint64_t again_ms;

    if (r->count > SPREAD_REDIRECTS_MAX)
        return "it redirects more than 5 times";
    if (curl_easy_header(http->easy, "Location", 0, CURLH_HEADER, -1,
                         &location) != CURLHE_OK)
        return "it redirects without a Location";
    if (wsub_resolve_location(last_url(r), location->value, &next) !=
        WSUB_URL_FINE)
        return "it redirects to what is no http or https URL";
    if (was_visited(r, wsub_buf_cstr(&next))) {
        wsub_buf_done(&next);
        return "it redirects in a loop";
    }
    r->hops[r->count++] = next;
    if (!hop_enter(r, &again_ms))
        finish_busy(r, again_ms);
    return NULL;
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

static bool is_passing(long status)
{
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

static void on_status(struct spread_request *r,
                      const struct wsub_http_response *http)
{
    const char *lost;
    char text[64];

    if (http->status == 200) {
        finish_content(r, http);
    } else if (http->status == 304 && r->conditional) {
        finish(r, SPREAD_UNCHANGED, "", http);
    } else if (is_redirect(http->status)) {
        lost = redirect(r, http);
        if (lost != NULL)
            finish(r, SPREAD_REFUSED, lost, http);
    } else {
        snprintf(text, sizeof(text), "HTTP status %ld", http->status);
        finish(r, is_passing(http->status) ? SPREAD_FAILED : SPREAD_REFUSED,
               text, http);
    }
}

static void on_hop_done(const struct wsub_http_response *http, void *arg)
{
    struct spread_request *r = arg;
    struct wsub_host_report report =
        wsub_host_report_of(http, r->o.config->retry_cap_ms);

    if (is_redirect(http->status))
        report.sign = WSUB_HOST_SIGN_WELL;
    wsub_host_leave(r->o.hosts, &r->ticket, &report, wsub_now_us());
    switch (http->outcome) {
    case WSUB_HTTP_RESPONDED:
        on_status(r, http);
        break;
    case WSUB_HTTP_BLOCKED:
        finish(r, SPREAD_BLOCKED, http->error, http);
        break;
    case WSUB_HTTP_STARVED:
        finish_busy(r, WSUB_HTTP_STARVED_MS);
        break;
    case WSUB_HTTP_CROWDED:
        finish_busy(r, FULL_MS);
        break;
    case WSUB_HTTP_TOO_LARGE:
        finish(r, SPREAD_REFUSED, http->error, http);
        break;
    default:
        finish(r, SPREAD_FAILED, http->error, http);
    }
}

static struct curl_slist *headers(struct spread_request *r)
{
    const struct wsub_buf *lines[3] = {&r->agent, &r->etag, &r->modified};
    struct curl_slist *list = NULL;

    r->conditional = false;
    for (int i = 2; i >= 0; i--) {
        if (lines[i]->len == 0 ||
            (i > 0 && strcmp(wsub_buf_cstr(&r->source), last_url(r)) != 0))
            continue;
        r->headers[i].data = lines[i]->data;
        r->headers[i].next = list;
        list = &r->headers[i];
        r->conditional |= i > 0;
    }
    return list;
}

static bool may_go(const char *addresses, void *arg)
{
    struct spread_request *r = arg;

    return wsub_host_resolved(r->o.hosts, &r->ticket, addresses, wsub_now_us());
}

/* A hop whose time has run out before it began still gets a moment, and fails
 * as the others do. */
static void hop_send(struct spread_request *r)
{
    uint64_t now_ms = wsub_now_ms();

    wsub_http_client_send(
        r->o.client, &(struct wsub_http_send){
                         .url = last_url(r),
                         .headers = headers(r),
                         .timeout_ms = now_ms < r->deadline_ms
                                           ? (uint32_t)(r->deadline_ms - now_ms)
                                           : 1,
                         .response_max_bytes = r->o.config->max_body_bytes,
                         .keep_response = true,
                         .may_go = may_go,
                         .done = on_hop_done,
                         .arg = r,
                     });
}

static struct spread_request *request_of(struct wsub_host_ticket *ticket)
{
    return wsub_container_of(ticket, struct spread_request, ticket);
}

/* The first hop begins as the caller says; the time that a later one has waited
 * is not the publisher's. */
static void on_start(struct wsub_host_ticket *ticket)
{
    struct spread_request *r = request_of(ticket);

    if (r->abandoned) {
        spread_request_leave(r);
        finish_busy(r, 0);
    } else if (r->count == 1) {
        r->o.on_admitted(r->o.arg);
    } else {
        r->deadline_ms += wsub_now_ms() - r->waits_since_ms;
        hop_send(r);
    }
}

static void on_late(struct wsub_host_ticket *ticket)
{
    finish_busy(request_of(ticket), FULL_MS);
}

static void on_closed(struct wsub_host_ticket *ticket,
                      enum wsub_host_closing closing, uint64_t delay_ms)
{
    (void)closing; /* neither is a failure */
    finish_busy(request_of(ticket), delay_ms);
}

static void on_linger(struct wsub_host_ticket *ticket)
{
    struct spread_request *r = request_of(ticket);

    if (!r->lingers && r->o.on_linger != NULL)
        r->o.on_linger(r->o.arg);
    r->lingers = true;
}

/* A URL that was not valid would not be here. */
static enum wsub_host_entry ask_host(struct spread_request *r,
                                     uint64_t *ret_again_ms)
{
    const char *url = last_url(r);
    char id[WSUB_DIGEST_LEN + 1];
    enum wsub_host_entry entry;

    wsub_digest(url, strlen(url), id);
    r->ticket.endpoint_id = id;
    r->waits_since_ms = wsub_now_ms();
    entry = wsub_host_enter(r->o.hosts, url, &r->ticket, wsub_now_us(),
                            ret_again_ms);
    r->ticket.endpoint_id = NULL;
    if (entry == WSUB_HOST_ENTRY_NOW || entry == WSUB_HOST_ENTRY_WAIT)
        return entry;
    if (entry == WSUB_HOST_ENTRY_FULL)
        *ret_again_ms = FULL_MS;
    return WSUB_HOST_ENTRY_OPEN;
}

/* A later hop; false when its host takes no request now. */
static bool hop_enter(struct spread_request *r, uint64_t *ret_again_ms)
{
    enum wsub_host_entry entry = ask_host(r, ret_again_ms);

    if (entry == WSUB_HOST_ENTRY_NOW)
        hop_send(r);
    return entry != WSUB_HOST_ENTRY_OPEN;
}

enum wsub_host_entry
spread_request_enter(struct spread_request *r,
                     const struct spread_request_options *options,
                     uint64_t *ret_again_ms)
{
    spread_request_done(r);
    r->o = *options;
    r->ticket = (struct wsub_host_ticket){
        .on_start = on_start,
        .on_late = on_late,
        .on_closed = on_closed,
        .on_linger = on_linger,
        .did_well = options->did_well,
    };
    wsub_buf_str(&r->hops[0], options->url);
    r->count = 1;
    return ask_host(r, ret_again_ms);
}

static void add_agent(struct spread_request *r, uint64_t subscribers)
{
    const char *public_url = r->o.public_url;

    wsub_buf_printf(&r->agent, "User-Agent: websubd/%s (+%s", WSUB_VERSION,
                    public_url != NULL ? public_url : "");
    if (subscribers > 0)
        wsub_buf_printf(&r->agent, "; %llu subscribers",
                        (unsigned long long)subscribers);
    wsub_buf_char(&r->agent, ')');
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

void spread_request_send(struct spread_request *r,
                         const struct spread_conditions *conditions)
{
    static const struct spread_conditions none;
    const struct spread_conditions *c = conditions ? conditions : &none;

    r->deadline_ms = wsub_now_ms() + r->o.config->timeout_ms;
    add_agent(r, c->subscribers);
    if (is_given(c->etag))
        wsub_buf_printf(&r->etag, "If-None-Match: %s", c->etag);
    if (is_given(c->last_modified))
        wsub_buf_printf(&r->modified, "If-Modified-Since: %s",
                        c->last_modified);
    wsub_buf_str(&r->source, is_given(c->source) ? c->source : last_url(r));
    hop_send(r);
}

void spread_request_leave(struct spread_request *r)
{
    wsub_host_leave(r->o.hosts, &r->ticket, &(struct wsub_host_report){0},
                    wsub_now_us());
}

void spread_request_abandon(struct spread_request *r)
{
    r->abandoned = true;
}

void spread_request_done(struct spread_request *r)
{
    for (unsigned i = 0; i < r->count; i++)
        wsub_buf_done(&r->hops[i]);
    wsub_buf_done(&r->agent);
    wsub_buf_done(&r->etag);
    wsub_buf_done(&r->modified);
    wsub_buf_done(&r->source);
    *r = (struct spread_request){0};
}
