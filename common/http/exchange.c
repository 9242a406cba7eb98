/* exchange.c - see exchange.h.
 *
 * Names and libcurl: CURLOPT_RESOLVE hands the addresses over, which libcurl
 * takes into a cache of the multi handle just before it connects, so it never
 * finds a name there that it would resolve itself.  Every request brings its own
 * addresses; those of earlier requests are of no use and pruned now and then. */
#include "common/http/exchange.h"

#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/addr.h"
#include "common/http/sockets.h"

#define RECEIVE_BYTES 4096 /* a buffer for each handle; responses are small */

/* Age of what is pruned.  Longer than it takes libcurl from having a request's
 * addresses to using them, whatever second begins in between. */
#define PRUNED_AFTER_S 2
#define NEVER_PRUNED (-1)

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct wsub_http_exchange *exchange = arg;

    (void)purpose;
    if (!exchange->allow_private_networks &&
        !wsub_addr_is_global(&address->addr)) {
        exchange->blocked = true;
        return CURL_SOCKET_BAD;
    }
    return wsub_http_sockets_open(exchange->sockets, address);
}

/* Called before each request, on kept connections too. */
static int on_before_request(void *arg, char *peer, char *local, int peer_port,
                             int local_port)
{
    struct wsub_http_exchange *exchange = arg;
    bool is_literal;

    (void)local;
    (void)peer_port;
    (void)local_port;
    if (wsub_addr_text_is_global(peer, &is_literal))
        return CURL_PREREQFUNC_OK;
    exchange->blocked = true;
    return CURL_PREREQFUNC_ABORT;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct wsub_http_exchange *exchange = arg;
    size_t len = size * count;

    if (len > exchange->send.response_max_bytes - exchange->received) {
        exchange->too_large = true;
        return 0;
    }
    exchange->received += len;
    if (exchange->send.keep_response)
        wsub_buf_add(&exchange->body, bytes, len);
    return len;
}

static void set_up(struct wsub_http_exchange *exchange, bool http2)
{
    CURL *easy = exchange->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* else the environment's */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(
        easy, CURLOPT_HTTP_VERSION,
        (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                     wsub_http_sockets_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, exchange->sockets);
    if (!exchange->allow_private_networks) {
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    }
}

struct wsub_http_exchange *
wsub_http_exchange_new(struct wsub_http_sockets *sockets,
                       bool allow_private_networks, bool http2)
{
    struct wsub_http_exchange *exchange = wsub_calloc(1, sizeof(*exchange));

    exchange->sockets = sockets;
    exchange->allow_private_networks = allow_private_networks;
    exchange->easy = curl_easy_init();
    if (exchange->easy == NULL)
        wsub_panic("out of memory (HTTP handle)");
    set_up(exchange, http2);
    return exchange;
}

void wsub_http_exchange_free(struct wsub_http_exchange *exchange)
{
    wsub_timer_done(&exchange->late);
    curl_easy_cleanup(exchange->easy);
    wsub_buf_done(&exchange->body);
    wsub_buf_done(&exchange->addresses_text);
    free(exchange);
}

void wsub_http_exchange_begin(struct wsub_http_exchange *exchange,
                              const struct wsub_http_send *send)
{
    exchange->send = *send;
    exchange->received = 0;
    exchange->too_large = exchange->blocked = false;
    exchange->error[0] = '\0';
    exchange->started_ms = wsub_now_ms();
    wsub_buf_clear(&exchange->body);
}

/* The rest of a time limit; libcurl takes 0 for none. */
static uint32_t rest(uint32_t limit_ms, uint64_t waited_ms)
{
    return waited_ms < limit_ms ? (uint32_t)(limit_ms - waited_ms) : 1;
}

static void set_times(struct wsub_http_exchange *exchange,
                      uint32_t connect_timeout_ms, uint64_t waited_ms,
                      bool prune)
{
    uint32_t timeout_ms = rest(exchange->send.timeout_ms, waited_ms);
    uint32_t connect_ms = rest(connect_timeout_ms, waited_ms);
    long cache_s = prune ? PRUNED_AFTER_S : NEVER_PRUNED;

    if (timeout_ms != exchange->set.timeout_ms)
        curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    if (connect_ms != exchange->set.connect_timeout_ms)
        curl_easy_setopt(exchange->easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long)connect_ms);
    if (cache_s != exchange->set.name_cache_s)
        curl_easy_setopt(exchange->easy, CURLOPT_DNS_CACHE_TIMEOUT, cache_s);
    exchange->set.timeout_ms = timeout_ms;
    exchange->set.connect_timeout_ms = connect_ms;
    exchange->set.name_cache_s = cache_s;
}

static void set_origin(struct wsub_http_exchange *exchange,
                       const char *addresses)
{
    const struct wsub_http_origin *origin = exchange->origin;

    if (origin->url != exchange->set.url)
        curl_easy_setopt(exchange->easy, CURLOPT_CURLU, origin->url);
    if (origin->sessions != exchange->set.sessions)
        curl_easy_setopt(exchange->easy, CURLOPT_SHARE, origin->sessions);
    exchange->set.url = origin->url;
    exchange->set.sessions = origin->sessions;
    if (addresses != NULL) {
        wsub_buf_clear(&exchange->addresses_text);
        wsub_buf_char(&exchange->addresses_text, '+'); /* may be pruned */
        wsub_buf_str(&exchange->addresses_text, origin->host);
        wsub_buf_char(&exchange->addresses_text, ':');
        wsub_buf_str(&exchange->addresses_text, origin->port);
        wsub_buf_char(&exchange->addresses_text, ':');
        wsub_buf_str(&exchange->addresses_text, addresses);
        exchange->addresses.data = exchange->addresses_text.data;
    }
    if (addresses != NULL || exchange->set.has_addresses)
        curl_easy_setopt(exchange->easy, CURLOPT_RESOLVE,
                         addresses != NULL ? &exchange->addresses : NULL);
    exchange->set.has_addresses = addresses != NULL;
}

static void set_path(struct wsub_http_exchange *exchange)
{
    struct wsub_buf path = {0};

    if (exchange->path[0] == '/') {
        curl_easy_setopt(exchange->easy, CURLOPT_REQUEST_TARGET,
                         exchange->path);
        return;
    }
    wsub_buf_char(&path, '/');
    wsub_buf_str(&path, exchange->path);
    curl_easy_setopt(exchange->easy, CURLOPT_REQUEST_TARGET,
                     wsub_buf_cstr(&path));
    wsub_buf_done(&path);
}

static void set_request(struct wsub_http_exchange *exchange)
{
    const struct wsub_http_send *send = &exchange->send;
    union {
        const struct curl_slist *borrowed;
        struct curl_slist *plain;
    } headers = {.borrowed = send->headers}; /* libcurl only reads it */

    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, headers.plain);
    if (send->body == NULL) {
        if (exchange->set.is_post)
            curl_easy_setopt(exchange->easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, send->body);
        if (!exchange->set.is_post || send->body_len != exchange->set.body_len)
            curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             (curl_off_t)send->body_len);
        exchange->set.body_len = send->body_len;
    }
    exchange->set.is_post = send->body != NULL;
}

void wsub_http_exchange_set(struct wsub_http_exchange *exchange,
                            const char *addresses, uint32_t connect_timeout_ms,
                            uint64_t waited_ms, bool prune)
{
    set_times(exchange, connect_timeout_ms, waited_ms, prune);
    set_origin(exchange, addresses);
    set_path(exchange);
    set_request(exchange);
}

void wsub_http_exchange_unset(struct wsub_http_exchange *exchange)
{
    if (exchange->origin == NULL || !exchange->origin->is_https)
        return;
    curl_easy_setopt(exchange->easy, CURLOPT_SHARE, NULL);
    exchange->set.sessions = NULL;
}

static enum wsub_http_outcome
outcome_of(const struct wsub_http_exchange *exchange, CURLcode code,
           long status)
{
    if (exchange->blocked && status == 0)
        return WSUB_HTTP_BLOCKED;
    if (exchange->too_large && status != 0)
        return WSUB_HTTP_TOO_LARGE;
    if (code == CURLE_OK && status != 0)
        return WSUB_HTTP_RESPONDED;
    return code == CURLE_OPERATION_TIMEDOUT ? WSUB_HTTP_TIMEOUT
                                            : WSUB_HTTP_UNREACHED;
}

static const char *error_of(const struct wsub_http_exchange *exchange,
                            enum wsub_http_outcome outcome, CURLcode code)
{
    switch (outcome) {
    case WSUB_HTTP_RESPONDED:
        return "";
    case WSUB_HTTP_TOO_LARGE:
        return "the response is too large";
    case WSUB_HTTP_BLOCKED:
        return "the address is not in global unicast space";
    default:
        return exchange->error[0] != '\0' ? exchange->error
                                          : curl_easy_strerror(code);
    }
}

struct wsub_http_response
wsub_http_exchange_response(struct wsub_http_exchange *exchange, CURLcode code)
{
    struct wsub_http_response response = {.easy = exchange->easy, .code = code};

    if (exchange->state == WSUB_EXCHANGE_SENT)
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE,
                          &response.status);
    response.outcome = outcome_of(exchange, code, response.status);
    response.error = error_of(exchange, response.outcome, code);
    response.body = wsub_buf_cstr(&exchange->body);
    response.body_len = exchange->body.len;
    response.duration_ms = wsub_now_ms() - exchange->started_ms;
    return response;
}
