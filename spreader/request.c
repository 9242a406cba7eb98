#include "spreader/request.h"

#include <stdio.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/http/client.h"
#include "common/http/feed.h"
#include "common/http/link.h"
#include "common/http/relation.h"
#include "common/http/resolve.h"

#define LINKS_MAX 32 /* Link headers of one response */

static void hop_send(struct spread_request *r);

static const char *last_url(const struct spread_request *r)
{
    return wsub_buf_cstr(&r->hops[r->count - 1]);
}

static void finish(struct spread_request *r, enum spread_outcome outcome,
                   const char *error, const struct wsub_http_response *http)
{
    r->on_response(
        &(struct spread_response){
            .outcome = outcome,
            .status = http->status,
            .error = error,
            .url = last_url(r),
        },
        r->arg);
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

    for (size_t i = 0;
         i < LINKS_MAX && curl_easy_header(http->easy, "Link", i, CURLH_HEADER,
                                           -1, &link) == CURLHE_OK;
         i++)
        wsub_link_relations(link->value, found);
    wsub_feed_relations(type, http->body, http->body_len, found);
}

/* The callback may end the request, so nothing of it is used after. */
static void finish_content(struct spread_request *r,
                           const struct wsub_http_response *http)
{
    struct wsub_buf etag = header(http, "ETag"),
                    modified = header(http, "Last-Modified"),
                    type = header(http, "Content-Type");
    struct wsub_relations relations;

    wsub_relations_init(&relations, last_url(r));
    find_relations(http, wsub_buf_cstr(&type), &relations);
    r->on_response(
        &(struct spread_response){
            .outcome = SPREAD_CONTENT,
            .status = http->status,
            .error = "",
            .url = last_url(r),
            .body = http->body,
            .body_len = http->body_len,
            .etag = wsub_buf_cstr(&etag),
            .last_modified = wsub_buf_cstr(&modified),
            .type = wsub_buf_cstr(&type),
            .relations = &relations,
        },
        r->arg);
    wsub_relations_done(&relations);
    wsub_buf_done(&etag);
    wsub_buf_done(&modified);
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
    hop_send(r);
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

    switch (http->outcome) {
    case WSUB_HTTP_RESPONDED:
        on_status(r, http);
        break;
    case WSUB_HTTP_BLOCKED:
        finish(r, SPREAD_BLOCKED, http->error, http);
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

/* A hop whose time has run out before it began still gets a moment, and fails
 * as the others do. */
static void hop_send(struct spread_request *r)
{
    uint64_t now_ms = wsub_now_ms();

    wsub_http_client_send(
        r->client, &(struct wsub_http_send){
                       .url = last_url(r),
                       .headers = headers(r),
                       .timeout_ms = now_ms < r->deadline_ms
                                         ? (uint32_t)(r->deadline_ms - now_ms)
                                         : 1,
                       .response_max_bytes = r->config->max_body_bytes,
                       .keep_response = true,
                       .done = on_hop_done,
                       .arg = r,
                   });
}

static void add_agent(struct spread_request *r, const char *public_url,
                      uint64_t subscribers)
{
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

void spread_request_start(struct spread_request *r,
                          const struct spread_request_options *o)
{
    spread_request_done(r);
    r->client = o->client;
    r->config = o->config;
    r->on_response = o->on_response;
    r->arg = o->arg;
    r->deadline_ms = wsub_now_ms() + o->config->timeout_ms;
    wsub_buf_str(&r->hops[0], o->url);
    r->count = 1;
    add_agent(r, o->public_url, o->subscribers);
    if (is_given(o->etag))
        wsub_buf_printf(&r->etag, "If-None-Match: %s", o->etag);
    if (is_given(o->last_modified))
        wsub_buf_printf(&r->modified, "If-Modified-Since: %s",
                        o->last_modified);
    wsub_buf_str(&r->source, is_given(o->source) ? o->source : o->url);
    hop_send(r);
}

void spread_request_done(struct spread_request *r)
{
    for (unsigned i = 0; i < r->count; i++)
        wsub_buf_done(&r->hops[i]);
    r->count = 0;
    wsub_buf_done(&r->agent);
    wsub_buf_done(&r->etag);
    wsub_buf_done(&r->modified);
    wsub_buf_done(&r->source);
}
