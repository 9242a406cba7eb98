/* call.c - see call.h.
 *
 * Names and libcurl: CURLOPT_RESOLVE hands the addresses over, which libcurl
 * takes into a cache of the multi handle just before it connects, so it never
 * finds a name there that it would resolve itself.  Every call brings its own
 * addresses; what earlier ones left is of no use and pruned now and then. */
#include "common/http/call.h"

#include <stdlib.h>

#include <event2/event.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/addr.h"
#include "common/http/sockets.h"

#define RECEIVE_BYTES 4096 /* a buffer for each handle; answers are small */

/* Age of what is pruned.  Longer than it takes libcurl from having a call's
 * addresses to using them, whatever second begins in between. */
#define PRUNED_AFTER_S 2
#define NEVER_PRUNED (-1)

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct wsub_http_call *call = arg;

    (void)purpose;
    if (!call->allow_private_networks && !wsub_addr_is_global(&address->addr)) {
        call->blocked = true;
        return CURL_SOCKET_BAD;
    }
    return wsub_http_sockets_open(call->sockets, address);
}

/* Called before each request, on kept connections too. */
static int on_before_request(void *arg, char *peer, char *local, int peer_port,
                             int local_port)
{
    struct wsub_http_call *call = arg;
    bool is_literal;

    (void)local;
    (void)peer_port;
    (void)local_port;
    if (wsub_addr_text_is_global(peer, &is_literal))
        return CURL_PREREQFUNC_OK;
    call->blocked = true;
    return CURL_PREREQFUNC_ABORT;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct wsub_http_call *call = arg;
    size_t len = size * count;

    if (len > call->send.answer_max_bytes - call->received) {
        call->too_large = true;
        return 0;
    }
    call->received += len;
    if (call->send.keep_answer)
        wsub_buf_add(&call->body, bytes, len);
    return len;
}

static void set_up(struct wsub_http_call *call, bool http2)
{
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* else the environment's */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(
        easy, CURLOPT_HTTP_VERSION,
        (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                     wsub_http_sockets_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, call->sockets);
    if (!call->allow_private_networks) {
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    }
}

struct wsub_http_call *
wsub_http_call_new(const struct wsub_http_client_options *options,
                   struct wsub_http_sockets *sockets)
{
    struct wsub_http_call *call = wsub_calloc(1, sizeof(*call));

    call->sockets = sockets;
    call->allow_private_networks = options->allow_private_networks;
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        wsub_panic("out of memory (HTTP handle)");
    set_up(call, options->http2);
    return call;
}

void wsub_http_call_free(struct wsub_http_call *call)
{
    event_free(call->late);
    curl_easy_cleanup(call->easy);
    wsub_buf_done(&call->body);
    wsub_buf_done(&call->addresses_text);
    free(call);
}

void wsub_http_call_begin(struct wsub_http_call *call,
                          const struct wsub_http_send *send)
{
    call->send = *send;
    call->received = 0;
    call->too_large = call->blocked = false;
    call->error[0] = '\0';
    call->started_ms = wsub_now_ms();
    wsub_buf_clear(&call->body);
}

/* What is left of a time limit; libcurl takes 0 for none. */
static uint32_t rest(uint32_t limit_ms, uint64_t waited_ms)
{
    return waited_ms < limit_ms ? (uint32_t)(limit_ms - waited_ms) : 1;
}

static void set_times(struct wsub_http_call *call, uint32_t connect_timeout_ms,
                      uint64_t waited_ms, bool prune)
{
    uint32_t timeout_ms = rest(call->send.timeout_ms, waited_ms);
    uint32_t connect_ms = rest(connect_timeout_ms, waited_ms);
    long cache_s = prune ? PRUNED_AFTER_S : NEVER_PRUNED;

    if (timeout_ms != call->set.timeout_ms)
        curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    if (connect_ms != call->set.connect_timeout_ms)
        curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long)connect_ms);
    if (cache_s != call->set.name_cache_s)
        curl_easy_setopt(call->easy, CURLOPT_DNS_CACHE_TIMEOUT, cache_s);
    call->set.timeout_ms = timeout_ms;
    call->set.connect_timeout_ms = connect_ms;
    call->set.name_cache_s = cache_s;
}

static void set_origin(struct wsub_http_call *call, const char *addresses)
{
    const struct wsub_http_origin *origin = call->origin;

    if (origin->url != call->set.url)
        curl_easy_setopt(call->easy, CURLOPT_CURLU, origin->url);
    if (origin->sessions != call->set.sessions)
        curl_easy_setopt(call->easy, CURLOPT_SHARE, origin->sessions);
    call->set.url = origin->url;
    call->set.sessions = origin->sessions;
    if (addresses != NULL) {
        wsub_buf_clear(&call->addresses_text);
        wsub_buf_char(&call->addresses_text, '+'); /* may be pruned */
        wsub_buf_str(&call->addresses_text, origin->host);
        wsub_buf_char(&call->addresses_text, ':');
        wsub_buf_str(&call->addresses_text, origin->port);
        wsub_buf_char(&call->addresses_text, ':');
        wsub_buf_str(&call->addresses_text, addresses);
        call->addresses.data = call->addresses_text.data;
    }
    if (addresses != NULL || call->set.has_addresses)
        curl_easy_setopt(call->easy, CURLOPT_RESOLVE,
                         addresses != NULL ? &call->addresses : NULL);
    call->set.has_addresses = addresses != NULL;
}

static void set_path(struct wsub_http_call *call)
{
    struct wsub_buf path = {0};

    if (call->path[0] == '/') {
        curl_easy_setopt(call->easy, CURLOPT_REQUEST_TARGET, call->path);
        return;
    }
    wsub_buf_char(&path, '/');
    wsub_buf_str(&path, call->path);
    curl_easy_setopt(call->easy, CURLOPT_REQUEST_TARGET, wsub_buf_cstr(&path));
    wsub_buf_done(&path);
}

static void set_request(struct wsub_http_call *call)
{
    const struct wsub_http_send *send = &call->send;
    union {
        const struct curl_slist *borrowed;
        struct curl_slist *plain;
    } headers = {.borrowed = send->headers}; /* libcurl only reads it */

    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, headers.plain);
    if (send->body == NULL) {
        if (call->set.is_post)
            curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, send->body);
        if (!call->set.is_post || send->body_len != call->set.body_len)
            curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             (curl_off_t)send->body_len);
        call->set.body_len = send->body_len;
    }
    call->set.is_post = send->body != NULL;
}

void wsub_http_call_set(struct wsub_http_call *call, const char *addresses,
                        uint32_t connect_timeout_ms, uint64_t waited_ms,
                        bool prune)
{
    set_times(call, connect_timeout_ms, waited_ms, prune);
    set_origin(call, addresses);
    set_path(call);
    set_request(call);
}

void wsub_http_call_unset(struct wsub_http_call *call)
{
    if (call->origin == NULL || !call->origin->is_https)
        return;
    curl_easy_setopt(call->easy, CURLOPT_SHARE, NULL);
    call->set.sessions = NULL;
}

static enum wsub_http_outcome outcome_of(const struct wsub_http_call *call,
                                         CURLcode code, long status)
{
    if (call->blocked && status == 0)
        return WSUB_HTTP_BLOCKED;
    if (call->too_large && status != 0)
        return WSUB_HTTP_TOO_LARGE;
    if (code == CURLE_OK && status != 0)
        return WSUB_HTTP_ANSWERED;
    return code == CURLE_OPERATION_TIMEDOUT ? WSUB_HTTP_TIMEOUT
                                            : WSUB_HTTP_UNREACHED;
}

static const char *error_of(const struct wsub_http_call *call,
                            enum wsub_http_outcome outcome, CURLcode code)
{
    switch (outcome) {
    case WSUB_HTTP_ANSWERED:
        return "";
    case WSUB_HTTP_TOO_LARGE:
        return "the answer is too large";
    case WSUB_HTTP_BLOCKED:
        return "the address is not in global unicast space";
    default:
        return call->error[0] != '\0' ? call->error : curl_easy_strerror(code);
    }
}

struct wsub_http_answer wsub_http_call_answer(struct wsub_http_call *call,
                                              CURLcode code)
{
    struct wsub_http_answer answer = {.easy = call->easy, .code = code};

    if (call->state == WSUB_CALL_SENT)
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    answer.outcome = outcome_of(call, code, answer.status);
    answer.error = error_of(call, answer.outcome, code);
    answer.body = wsub_buf_cstr(&call->body);
    answer.body_len = call->body.len;
    answer.duration_ms = wsub_now_ms() - call->started_ms;
    return answer;
}
