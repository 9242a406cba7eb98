#include "spreader/request.h"

#include <stdio.h>
#include <string.h>

#include "common/base/loop.h"
#include "common/http/client.h"
#include "common/http/feed.h"
#include "common/http/link.h"
#include "common/http/resolve.h"
#include "common/store/store.h"
#include "spreader/check.h"
#include "spreader/spreader.h"

#define HEADER_MAX_BYTES 1024
#define LINKS_MAX 32 /* Link headers of one answer */

static void ask(struct spread_request *r);

static const char *last_url(const struct spread_request *r)
{
    return wsub_buf_cstr(&r->hops[r->count - 1]);
}

static void finish(struct spread_request *r, enum spread_outcome outcome,
                   const char *error, const struct wsub_http_response *http)
{
    r->done(
        &(struct spread_answer){
            .outcome = outcome,
            .status = http->status,
            .error = error,
            .url = last_url(r),
            .http = http,
        },
        r->arg);
}

static bool was_asked(const struct spread_request *r, const char *url)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(wsub_buf_cstr(&r->hops[i]), url) == 0)
            return true;
    return false;
}

/* Goes where the answer says; an error in words when that is nowhere. */
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
    if (was_asked(r, wsub_buf_cstr(&next))) {
        wsub_buf_done(&next);
        return "it redirects in a loop";
    }
    r->hops[r->count++] = next;
    ask(r);
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
        finish(r, SPREAD_CONTENT, "", http);
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

static void on_answer(const struct wsub_http_response *http, void *arg)
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
static void ask(struct spread_request *r)
{
    const struct wsub_config *config = r->s->config;
    uint64_t now_ms = wsub_now_ms();

    wsub_http_client_send(
        r->s->client,
        &(struct wsub_http_send){
            .url = last_url(r),
            .headers = headers(r),
            .timeout_ms = now_ms < r->deadline_ms
                              ? (uint32_t)(r->deadline_ms - now_ms)
                              : 1,
            .response_max_bytes = config->max_body_bytes,
            .keep_response = true,
            .done = on_answer,
            .arg = r,
        });
}

static void add_agent(struct spread_request *r, uint64_t subscribers)
{
    const char *url = wsub_store_public_url(r->s->store);

    wsub_buf_printf(&r->agent, "User-Agent: websubd/%s (+%s", WSUB_VERSION,
                    url != NULL ? url : "");
    if (subscribers > 0)
        wsub_buf_printf(&r->agent, "; %llu subscribers",
                        (unsigned long long)subscribers);
    wsub_buf_char(&r->agent, ')');
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

void spread_request_start(struct spread_request *r, struct spreader *s,
                          const struct spread_request_options *o)
{
    spread_request_done(r);
    r->s = s;
    r->done = o->done;
    r->arg = o->arg;
    r->deadline_ms = wsub_now_ms() + s->config->timeout_ms;
    wsub_buf_str(&r->hops[0], o->url);
    r->count = 1;
    add_agent(r, o->subscribers);
    if (is_given(o->etag))
        wsub_buf_printf(&r->etag, "If-None-Match: %s", o->etag);
    if (is_given(o->modified))
        wsub_buf_printf(&r->modified, "If-Modified-Since: %s", o->modified);
    wsub_buf_str(&r->source, is_given(o->source) ? o->source : o->url);
    ask(r);
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

void spread_answer_header(const struct spread_answer *answer, const char *name,
                          struct wsub_buf *ret)
{
    struct curl_header *header;

    if (curl_easy_header(answer->http->easy, name, 0, CURLH_HEADER, -1,
                         &header) == CURLHE_OK &&
        strlen(header->value) <= HEADER_MAX_BYTES)
        wsub_buf_str(ret, header->value);
}

void spread_answer_type(const struct spread_answer *answer,
                        struct wsub_buf *ret)
{
    struct wsub_buf type = {0};

    spread_answer_header(answer, "Content-Type", &type);
    wsub_buf_str(ret, spread_check_type(wsub_buf_cstr(&type))
                          ? wsub_buf_cstr(&type)
                          : "application/octet-stream");
    wsub_buf_done(&type);
}

void spread_answer_relations(const struct spread_answer *answer,
                             struct wsub_relations *ret_found)
{
    struct curl_header *header;
    struct wsub_buf type = {0};
    CURL *easy = answer->http->easy;

    wsub_relations_init(ret_found, answer->url);
    for (size_t i = 0;
         i < LINKS_MAX && curl_easy_header(easy, "Link", i, CURLH_HEADER, -1,
                                           &header) == CURLHE_OK;
         i++)
        wsub_link_relations(header->value, ret_found);
    spread_answer_header(answer, "Content-Type", &type);
    wsub_feed_relations(wsub_buf_cstr(&type), answer->http->body,
                        answer->http->body_len, ret_found);
    wsub_buf_done(&type);
}

void spread_answer_self(const struct spread_answer *answer,
                        struct wsub_buf *ret)
{
    struct wsub_relations found;

    spread_answer_relations(answer, &found);
    if (found.self.count > 0)
        wsub_buf_str(ret, wsub_buf_cstr(&found.self.url[0]));
    wsub_relations_done(&found);
}
