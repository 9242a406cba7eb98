/* exchange.c - see exchange.h.
 *
 * Names and libcurl: CURLOPT_RESOLVE hands the addresses over, which libcurl
 * takes into a cache of the multi handle just before it connects, so it never
 * finds a name there that it would resolve itself.  Every request brings its own
 * addresses; those of earlier requests are of no use and pruned now and then.
 *
 * Bytes: libcurl counts those of bodies only, and goes on reading as long as the
 * peer is quick enough, without a look at anything else.  How many have come in
 * all the kernel knows (TCP_INFO); it is asked when libcurl reports its progress,
 * which it does after 100 buffers at most. */
#include "common/http/exchange.h"

#include <stdlib.h>
#include <sys/socket.h>

#include <linux/tcp.h>
#include <netinet/in.h>

#include "common/base/files.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/net/egress.h"
#include "common/http/client_stats.h"
#include "common/http/sockets.h"

#define RECEIVE_BYTES 4096 /* a buffer for each handle; responses are small */

/* An encoded body is hardly larger than the decoded one: what may come for one of
 * so many bytes.  A coding may hold bytes without end that decode to none. */
#define ENCODED_MAX(bytes) ((bytes) + (bytes) / 8 + 4096)

/* All bytes of a response with a body of so many: it may come in small chunks,
 * and with headers. */
#define RECEIVED_MAX(body_bytes) (2 * (uint64_t)(body_bytes) + 262144)
#define STREAMS_MAX 100 /* of HTTP/2 on a connection; libcurl's own limit */

/* A short response is over before the kernel is asked. */
#define PROGRESS_UNASKED 16

/* Age of what is pruned.  Longer than it takes libcurl from having a request's
 * addresses to using them, whatever second begins in between. */
#define PRUNED_AFTER_S 2
#define NEVER_PRUNED (-1)

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool has_proxy(const struct wsub_http_exchange *exchange)
{
    return is_given(exchange->o->proxy);
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct wsub_http_exchange *exchange = arg;

    (void)purpose;
    if (!has_proxy(exchange) &&
        !wsub_egress_allows(exchange->o->egress, &address->addr)) {
        exchange->blocked = true;
        return CURL_SOCKET_BAD;
    }
    exchange->connection.is_new = true;
    exchange->connection.from_bytes = 0;
    return wsub_http_sockets_open(exchange->sockets, address,
                                  &exchange->starved);
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
    if (wsub_egress_allows_text(exchange->o->egress, peer, &is_literal))
        return CURL_PREREQFUNC_OK;
    exchange->blocked = true;
    return CURL_PREREQFUNC_ABORT;
}

/* All bytes that the request's connection has received, by the kernel's count;
 * false while there is none. */
static bool connection_bytes(struct wsub_http_exchange *exchange,
                             uint64_t *ret_bytes)
{
    curl_socket_t fd = wsub_http_sockets_find(exchange->sockets, exchange->easy,
                                              exchange->connection.socket);
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if (fd == CURL_SOCKET_BAD ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    exchange->connection.socket = fd;
    *ret_bytes = info.tcpi_bytes_received;
    return true;
}

/* A response on a kept connection is counted from the first question on. */
static bool is_too_much(struct wsub_http_exchange *exchange,
                        uint64_t *ret_bytes)
{
    uint64_t most = RECEIVED_MAX(exchange->send.response_max_bytes);
    uint64_t bytes;

    if (exchange->o->http2 && exchange->origin->is_https)
        most *= STREAMS_MAX;
    if (!connection_bytes(exchange, &bytes))
        return false;
    if ((!exchange->connection.is_new &&
         exchange->connection.from_bytes == 0) ||
        bytes < exchange->connection.from_bytes) /* libcurl took another one */
        exchange->connection.from_bytes = bytes;
    *ret_bytes = bytes - exchange->connection.from_bytes;
    return *ret_bytes > most;
}

static void ask_kernel(struct wsub_http_exchange *exchange)
{
    uint64_t bytes;

    if (!is_too_much(exchange, &bytes))
        return;
    exchange->too_large = true;
    wsub_metric_add(&wsub_http_client_stats[WSUB_HTTP_CLIENT_STAT_CUT], 1);
    wsub_log_warn("response-cut", WSUB_KV("url", exchange->send.url),
                  WSUB_KU("bytes", bytes), WSUB_KE("why", "too many bytes"));
}

/* Called while a request is under way. */
static int on_progress(void *arg, curl_off_t total, curl_off_t received,
                       curl_off_t to_send, curl_off_t sent)
{
    struct wsub_http_exchange *exchange = arg;

    (void)total;
    (void)to_send;
    (void)sent;
    if (exchange->connection.progress++ >= PROGRESS_UNASKED)
        ask_kernel(exchange);
    if ((uint64_t)received > ENCODED_MAX(exchange->send.response_max_bytes))
        exchange->too_large = true;
    return exchange->too_large;
}

static void keep(struct wsub_http_exchange *exchange, const char *bytes,
                 size_t len)
{
    size_t most = exchange->send.keep_first_bytes, kept = exchange->body.len;

    if (!exchange->send.keep_response && len > most - kept)
        len = most - kept;
    if (len > 0)
        wsub_buf_add(&exchange->body, bytes, len);
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
    keep(exchange, bytes, len);
    return len;
}

static void set_file(CURL *easy, CURLoption option, const char *path)
{
    if (is_given(path))
        curl_easy_setopt(easy, option, path);
}

static void set_tls(CURL *easy, const struct wsub_http_tls *tls)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                     (long)(tls->only_1_3 ? CURL_SSLVERSION_TLSv1_3
                                          : CURL_SSLVERSION_TLSv1_2));
    set_file(easy, CURLOPT_CAINFO, tls->ca_file);
    if (is_given(tls->ca_file))
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    set_file(easy, CURLOPT_SSLCERT, tls->certificate_file);
    set_file(easy, CURLOPT_SSLKEY, tls->key_file);
}

/* Without one "*" keeps out those of the environment.  Everything is tunnelled, as
 * a proxy that sees the request would need it in another form. */
static void set_proxy(CURL *easy, const char *proxy)
{
    bool given = is_given(proxy);

    curl_easy_setopt(easy, CURLOPT_PROXY, given ? proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, given ? "" : "*");
    if (given)
        curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

static void set_up(struct wsub_http_exchange *exchange)
{
    CURL *easy = exchange->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    set_proxy(easy, exchange->o->proxy);
    set_tls(easy, &exchange->o->tls);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(exchange->o->http2 ? CURL_HTTP_VERSION_2TLS
                                               : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                     wsub_http_sockets_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, exchange->sockets);
    if (!has_proxy(exchange) && !wsub_egress_allows_all(exchange->o->egress)) {
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    }
}

struct wsub_http_exchange *
wsub_http_exchange_new(struct wsub_http_sockets *sockets,
                       const struct wsub_http_client_options *options)
{
    struct wsub_http_exchange *exchange = wsub_calloc(1, sizeof(*exchange));

    exchange->sockets = sockets;
    exchange->o = options;
    exchange->easy = curl_easy_init();
    if (exchange->easy == NULL)
        wsub_panic("out of memory (HTTP handle)");
    set_up(exchange);
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
    exchange->connection.progress = 0;
    exchange->connection.is_new = false;
    exchange->connection.from_bytes = 0;
    exchange->connection.socket = CURL_SOCKET_BAD;
    exchange->too_large = exchange->blocked = exchange->bad_port =
        exchange->crowded = exchange->starved = false;
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
    const struct wsub_http_origin *resolved =
        exchange->proxy != NULL ? exchange->proxy : origin;

    if (origin->url != exchange->set.url)
        curl_easy_setopt(exchange->easy, CURLOPT_CURLU, origin->url);
    if (origin->sessions != exchange->set.sessions)
        curl_easy_setopt(exchange->easy, CURLOPT_SHARE, origin->sessions);
    exchange->set.url = origin->url;
    exchange->set.sessions = origin->sessions;
    if (addresses != NULL) {
        wsub_buf_clear(&exchange->addresses_text);
        wsub_buf_char(&exchange->addresses_text, '+'); /* may be pruned */
        wsub_buf_str(&exchange->addresses_text, resolved->host);
        wsub_buf_char(&exchange->addresses_text, ':');
        wsub_buf_str(&exchange->addresses_text, resolved->port);
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

/* "" are all codings that libcurl knows. */
static void set_decoding(struct wsub_http_exchange *exchange)
{
    bool keeps = exchange->send.keep_response;

    if (keeps == exchange->set.keeps_response)
        return;
    curl_easy_setopt(exchange->easy, CURLOPT_ACCEPT_ENCODING,
                     keeps ? "" : NULL);
    exchange->set.keeps_response = keeps;
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
    set_decoding(exchange);
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
    wsub_http_sockets_leave(exchange->sockets, exchange->connection.socket,
                            exchange->easy);
    exchange->connection.socket = CURL_SOCKET_BAD;
    if (exchange->origin == NULL || !exchange->origin->is_https)
        return;
    curl_easy_setopt(exchange->easy, CURLOPT_SHARE, NULL);
    exchange->set.sessions = NULL;
}

/* connect() may lack memory as well. */
static bool is_starved(const struct wsub_http_exchange *exchange, CURLcode code)
{
    long error = 0;

    if (code == CURLE_COULDNT_CONNECT && exchange->state == WSUB_EXCHANGE_SENT)
        curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &error);
    return exchange->starved || code == CURLE_OUT_OF_MEMORY ||
           wsub_files_are_short((int)error);
}

static enum wsub_http_outcome
outcome_of(const struct wsub_http_exchange *exchange, CURLcode code,
           long status)
{
    if (exchange->crowded)
        return WSUB_HTTP_CROWDED;
    if (exchange->blocked && status == 0)
        return WSUB_HTTP_BLOCKED;
    if (exchange->too_large && status != 0)
        return WSUB_HTTP_TOO_LARGE;
    if (code == CURLE_OK && status != 0)
        return WSUB_HTTP_RESPONDED;
    if (status == 0 && is_starved(exchange, code))
        return WSUB_HTTP_STARVED;
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
        return exchange->bad_port ? "the port is not allowed"
                                  : "the address is not allowed";
    case WSUB_HTTP_CROWDED:
        return "too many requests go to its address";
    case WSUB_HTTP_STARVED:
        return "this process has no descriptor or no memory left";
    default:
        return exchange->error[0] != '\0' ? exchange->error
                                          : curl_easy_strerror(code);
    }
}

struct wsub_http_response
wsub_http_exchange_response(struct wsub_http_exchange *exchange, CURLcode code)
{
    struct wsub_http_response response = {.easy = exchange->easy, .code = code};

    curl_off_t before_us = 0; /* the request was sent; 0: never */

    if (exchange->state == WSUB_EXCHANGE_SENT) {
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE,
                          &response.status);
        curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T,
                          &before_us);
    }
    response.connected = before_us > 0 || response.status != 0;
    response.outcome = outcome_of(exchange, code, response.status);
    response.error = error_of(exchange, response.outcome, code);
    response.body = wsub_buf_cstr(&exchange->body);
    response.body_len = exchange->body.len;
    response.duration_ms = wsub_now_ms() - exchange->started_ms;
    return response;
}
