#include "common/http/multi.h"

#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/sockets.h"

#define NEVER UINT64_MAX

struct wsub_http_multi {
    struct wsub_http_multi_options o;
    CURLM *multi;           /* owned */
    struct wsub_timer soon; /* started when libcurl wants 0 ms */
    struct wsub_timer timer;
    uint64_t armed_ms; /* when `timer` fires; NEVER: not armed */
    uint64_t due_ms;   /* when libcurl wants to be called; NEVER: not */
};

static void collect(struct wsub_http_multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_multi_remove_handle(multi->multi, easy);
        multi->o.over(easy, code, multi->o.arg);
    }
}

static void act(struct wsub_http_multi *multi, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(multi->multi, fd, what, &running);
    collect(multi);
}

static void on_ready(curl_socket_t fd, int what, void *arg)
{
    act(arg, fd, what);
}

static int on_socket(CURL *easy, curl_socket_t fd, int want, void *arg,
                     void *socket_arg)
{
    struct wsub_http_multi *multi = arg;

    (void)socket_arg;
    wsub_http_sockets_want(multi->o.sockets, fd,
                           &(struct wsub_http_want){
                               .easy = easy,
                               .what = want,
                               .ready = on_ready,
                               .arg = multi,
                           });
    if (want != CURL_POLL_REMOVE)
        multi->o.on_socket(easy, fd, multi->o.arg);
    return 0;
}

static void on_soon(void *arg)
{
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void arm(struct wsub_http_multi *multi, uint64_t now_ms)
{
    uint64_t wait_ms = multi->due_ms > now_ms ? multi->due_ms - now_ms : 0;

    multi->armed_ms = multi->due_ms;
    wsub_timer_start_ms(&multi->timer, wait_ms);
}

/* The timer may be armed for what libcurl has put off since. */
static void on_due(void *arg)
{
    struct wsub_http_multi *multi = arg;
    uint64_t now_ms = wsub_now_ms();

    multi->armed_ms = NEVER;
    if (multi->due_ms == NEVER)
        return;
    if (multi->due_ms > now_ms)
        arm(multi, now_ms);
    else
        act(multi, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl changes its mind several times for each request, mostly to a later
 * time: an armed timer that fires earlier is left alone. */
static int on_timer(CURLM *handle, long timeout_ms, void *arg)
{
    struct wsub_http_multi *multi = arg;
    uint64_t now_ms;

    (void)handle;
    if (timeout_ms <= 0) {
        multi->due_ms = NEVER;
        if (timeout_ms == 0)
            wsub_timer_now(&multi->soon);
        return 0;
    }
    now_ms = wsub_now_ms();
    multi->due_ms = now_ms + (uint64_t)timeout_ms;
    if (multi->due_ms < multi->armed_ms)
        arm(multi, now_ms);
    return 0;
}

struct wsub_http_multi *
wsub_http_multi_new(const struct wsub_http_multi_options *options)
{
    struct wsub_http_multi *multi = wsub_calloc(1, sizeof(*multi));
    CURLM *handle = curl_multi_init();

    if (handle == NULL)
        wsub_panic("out of memory (HTTP client)");
    multi->o = *options;
    multi->multi = handle;
    multi->armed_ms = multi->due_ms = NEVER;
    wsub_timer_init(&multi->soon, options->base, on_soon, multi);
    wsub_timer_init(&multi->timer, options->base, on_due, multi);
    curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(
        handle, CURLMOPT_PIPELINING,
        (long)(options->http2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING));
    curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS,
                      (long)options->max_connections);
    curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long)options->max_total);
    return multi;
}

void wsub_http_multi_free(struct wsub_http_multi *multi)
{
    if (multi == NULL)
        return;
    curl_multi_cleanup(multi->multi);
    wsub_timer_done(&multi->soon);
    wsub_timer_done(&multi->timer);
    free(multi);
}

void wsub_http_multi_add(struct wsub_http_multi *multi, CURL *easy)
{
    if (curl_multi_add_handle(multi->multi, easy) != CURLM_OK)
        wsub_panic("libcurl does not take a request");
}

void wsub_http_multi_remove(struct wsub_http_multi *multi, CURL *easy)
{
    curl_multi_remove_handle(multi->multi, easy);
}
