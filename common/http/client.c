/* client.c - see client.h.
 *
 *   send -> curl_multi_add_handle .. on_socket/on_timer -> socket_action
 *                                                              |
 *        done <- call_finish <- collect (curl_multi_info_read) <'
 *
 * libcurl must not be called from its own callbacks: those below only note
 * what it wants (sockets, timer), and finished calls are collected after
 * curl_multi_socket_action() has returned. */
#include "common/http/client.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/base/buf.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/addr.h"

#define RECEIVE_BYTES 4096 /* a buffer for each handle; answers are small */

struct wsub_http_call {
    struct wsub_http_client *client;
    CURL *easy; /* owned */
    struct wsub_buf body;
    size_t received;
    size_t answer_max_bytes;
    uint64_t started_ms;
    wsub_http_done_cb *done;
    void *arg;
    bool keep_answer;
    bool too_large;
    bool blocked;
    char error[CURL_ERROR_SIZE];
    LIST_ENTRY(wsub_http_call) in_list; /* free or active */
};

/* What libcurl waits for on one socket. */
struct watch {
    struct wsub_http_client *client;
    struct event event;
    LIST_ENTRY(watch) in_list; /* in use or spare */
};

/* A request that waits for its turn. */
struct waiting_send {
    struct wsub_http_send send;
    STAILQ_ENTRY(waiting_send) next;
};

LIST_HEAD(call_list, wsub_http_call);
LIST_HEAD(watch_list, watch);

struct wsub_http_client {
    struct wsub_http_client_options o;
    CURLM *multi;        /* owned */
    struct event *timer; /* owned */
    struct call_list idle, active;
    STAILQ_HEAD(, waiting_send) waiting; /* for a place among max_calls */
    struct watch_list watches, spare;
    uint32_t calls; /* active ones */
};

static void collect(struct wsub_http_client *client);
static void start_waiting(struct wsub_http_client *client);

static void act(struct wsub_http_client *client, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(client->multi, fd, what, &running);
    collect(client);
}

static void on_timer_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct wsub_http_client *client = arg;
    struct timeval wait = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};

    (void)multi;
    if (timeout_ms < 0)
        event_del(client->timer);
    else
        event_add(client->timer, &wait);
    return 0;
}

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
    struct watch *watch = arg;
    int mask = ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
               ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);

    act(watch->client, fd, mask);
}

static struct watch *watch_get(struct wsub_http_client *client)
{
    struct watch *watch = LIST_FIRST(&client->spare);

    if (watch != NULL)
        LIST_REMOVE(watch, in_list);
    else
        watch = wsub_calloc(1, sizeof(*watch));
    watch->client = client;
    LIST_INSERT_HEAD(&client->watches, watch, in_list);
    return watch;
}

static int on_socket(CURL *easy, curl_socket_t fd, int want, void *arg,
                     void *socket_arg)
{
    struct wsub_http_client *client = arg;
    struct watch *watch = socket_arg;
    short events = EV_PERSIST;

    (void)easy;
    if (watch != NULL)
        event_del(&watch->event);
    if (want == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            LIST_REMOVE(watch, in_list);
            LIST_INSERT_HEAD(&client->spare, watch, in_list);
        }
        curl_multi_assign(client->multi, fd, NULL);
        return 0;
    }
    if (watch == NULL) {
        watch = watch_get(client);
        curl_multi_assign(client->multi, fd, watch);
    }
    events |= (want & CURL_POLL_IN) ? EV_READ : 0;
    events |= (want & CURL_POLL_OUT) ? EV_WRITE : 0;
    event_assign(&watch->event, client->o.base, fd, events, on_socket_event,
                 watch);
    event_add(&watch->event, NULL);
    return 0;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct wsub_http_call *call = arg;

    (void)purpose;
    if (!call->client->o.allow_private_networks &&
        !wsub_addr_is_global(&address->addr)) {
        call->blocked = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
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

    if (len > call->answer_max_bytes - call->received) {
        call->too_large = true;
        return 0;
    }
    call->received += len;
    if (call->keep_answer)
        wsub_buf_add(&call->body, bytes, len);
    return len;
}

static void set_up_easy(struct wsub_http_call *call)
{
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)call->client->o.connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    if (!call->client->o.allow_private_networks) {
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    }
}

static struct wsub_http_call *call_get(struct wsub_http_client *client)
{
    struct wsub_http_call *call = LIST_FIRST(&client->idle);

    if (call != NULL) {
        LIST_REMOVE(call, in_list);
        return call;
    }
    call = wsub_calloc(1, sizeof(*call));
    call->client = client;
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        wsub_panic("out of memory (HTTP handle)");
    set_up_easy(call);
    return call;
}

static void call_free(struct wsub_http_call *call)
{
    LIST_REMOVE(call, in_list);
    curl_easy_cleanup(call->easy);
    wsub_buf_done(&call->body);
    free(call);
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

static void call_finish(struct wsub_http_call *call, CURLcode code)
{
    struct wsub_http_client *client = call->client;
    struct wsub_http_answer answer = {.easy = call->easy, .code = code};

    curl_multi_remove_handle(client->multi, call->easy);
    LIST_REMOVE(call, in_list);
    client->calls--;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    answer.outcome = outcome_of(call, code, answer.status);
    answer.error = error_of(call, answer.outcome, code);
    answer.body = wsub_buf_cstr(&call->body);
    answer.body_len = call->body.len;
    answer.duration_ms = wsub_now_ms() - call->started_ms;
    call->done(&answer, call->arg);
    wsub_buf_done(&call->body);
    LIST_INSERT_HEAD(&client->idle, call, in_list);
}

static void collect(struct wsub_http_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct wsub_http_call *call;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        call_finish(call, code);
        start_waiting(client);
    }
}

struct wsub_http_client *
wsub_http_client_new(const struct wsub_http_client_options *options)
{
    struct wsub_http_client *client = wsub_calloc(1, sizeof(*client));

    client->o = *options;
    STAILQ_INIT(&client->waiting);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client->multi = curl_multi_init();
    if (client->multi == NULL)
        wsub_panic("out of memory (HTTP client)");
    client->timer = evtimer_new(options->base, on_timer_event, client);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING,
                      (long)CURLPIPE_NOTHING);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                      (long)options->max_calls);
    return client;
}

static void watches_free(struct watch_list *list)
{
    struct watch *watch;

    while ((watch = LIST_FIRST(list)) != NULL) {
        LIST_REMOVE(watch, in_list);
        if (event_initialized(&watch->event))
            event_del(&watch->event);
        free(watch);
    }
}

void wsub_http_client_free(struct wsub_http_client *client)
{
    struct waiting_send *waiting;
    struct wsub_http_call *call;

    if (client == NULL)
        return;
    while ((waiting = STAILQ_FIRST(&client->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&client->waiting, next);
        free(waiting);
    }
    while ((call = LIST_FIRST(&client->active)) != NULL) {
        curl_multi_remove_handle(client->multi, call->easy);
        call_free(call);
    }
    while ((call = LIST_FIRST(&client->idle)) != NULL)
        call_free(call);
    curl_multi_cleanup(client->multi);
    watches_free(&client->watches);
    watches_free(&client->spare);
    event_free(client->timer);
    free(client);
    curl_global_cleanup();
}

static void set_request(struct wsub_http_call *call,
                        const struct wsub_http_send *send)
{
    CURL *easy = call->easy;
    union {
        const struct curl_slist *borrowed;
        struct curl_slist *plain;
    } headers = {.borrowed = send->headers}; /* libcurl only reads it */

    curl_easy_setopt(easy, CURLOPT_URL, send->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.plain);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)send->timeout_ms);
    if (send->body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, send->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)send->body_len);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
}

static void call_start(struct wsub_http_client *client,
                       const struct wsub_http_send *send)
{
    struct wsub_http_call *call = call_get(client);

    call->done = send->done;
    call->arg = send->arg;
    call->answer_max_bytes = send->answer_max_bytes;
    call->keep_answer = send->keep_answer;
    call->received = 0;
    call->too_large = call->blocked = false;
    call->error[0] = '\0';
    call->started_ms = wsub_now_ms();
    set_request(call, send);
    LIST_INSERT_HEAD(&client->active, call, in_list);
    client->calls++;
    if (curl_multi_add_handle(client->multi, call->easy) != CURLM_OK)
        wsub_panic("libcurl does not take a request");
}

static void start_waiting(struct wsub_http_client *client)
{
    struct waiting_send *first;

    while (client->calls < client->o.max_calls &&
           (first = STAILQ_FIRST(&client->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&client->waiting, next);
        call_start(client, &first->send);
        free(first);
    }
}

void wsub_http_client_send(struct wsub_http_client *client,
                           const struct wsub_http_send *send)
{
    struct waiting_send *waiting;

    if (client->calls < client->o.max_calls) {
        call_start(client, send);
        return;
    }
    waiting = wsub_calloc(1, sizeof(*waiting));
    waiting->send = *send;
    STAILQ_INSERT_TAIL(&client->waiting, waiting, next);
}
