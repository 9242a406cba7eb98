#include "common/base/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"

#define PRIORITIES 5  /* that of the middle is the usual one */
#define LATER_MAX 128 /* callbacks: a few milliseconds of requests */

/* What people and tools send to other programs, to read their settings anew or
 * to open their log again, must not end this one. */
static const struct {
    int number;
    const char *name;
} ignored_signals[] = {
    {SIGHUP, "SIGHUP"},
    {SIGUSR1, "SIGUSR1"},
    {SIGUSR2, "SIGUSR2"},
    {SIGALRM, "SIGALRM"},
};
#define IGNORED (sizeof(ignored_signals) / sizeof(ignored_signals[0]))

struct wsub_loop {
    struct event_base *base;        /* owned */
    struct event *on_term;          /* owned */
    struct event *on_int;           /* owned */
    struct event *ignored[IGNORED]; /* owned; signals that do nothing */
    struct wsub_timer log;          /* runs while the log waits for something */
    uint32_t log_ms;                /* what it was started with */
    struct wsub_timer deadline;
    wsub_loop_drain_cb *on_drain;
    void *arg; /* borrowed; given back to on_drain */
    uint32_t drain_timeout_ms;
    bool draining;
    bool restarting; /* after it has drained */
    enum wsub_exit code;
};

static void drain(struct wsub_loop *loop)
{
    loop->draining = true;
    wsub_timer_start_ms(&loop->deadline, loop->drain_timeout_ms);
    loop->on_drain(loop->arg);
}

static void on_signal(evutil_socket_t signal_number, short what, void *arg)
{
    struct wsub_loop *loop = arg;

    (void)what;
    if (loop->restarting) {
        wsub_log_info("restart-cancelled", WSUB_KU("signal", signal_number));
        loop->restarting = false;
        return;
    }
    if (loop->draining) {
        wsub_log_warn("drain-cut-short", WSUB_KU("signal", signal_number));
        wsub_loop_finish(loop, WSUB_EXIT_DRAIN);
        return;
    }
    wsub_log_info("draining", WSUB_KU("signal", signal_number),
                  WSUB_KU("deadline_ms", loop->drain_timeout_ms));
    drain(loop);
}

static void on_ignored(evutil_socket_t signal_number, short what, void *arg)
{
    (void)what;
    (void)arg;
    for (size_t i = 0; i < IGNORED; i++)
        if (ignored_signals[i].number == signal_number)
            wsub_log_info("signal-ignored",
                          WSUB_KV("signal", ignored_signals[i].name));
}

static void log_start(struct wsub_loop *loop, uint32_t ms)
{
    loop->log_ms = ms;
    wsub_timer_start_ms(&loop->log, ms);
}

static void on_log_due(void *arg)
{
    struct wsub_loop *loop = arg;
    uint32_t ms = wsub_log_tend();

    if (ms > 0)
        log_start(loop, ms);
}

static void on_log_want(uint32_t ms, void *arg)
{
    struct wsub_loop *loop = arg;

    if (!wsub_timer_runs(&loop->log) || ms < loop->log_ms)
        log_start(loop, ms);
}

static void on_deadline(void *arg)
{
    struct wsub_loop *loop = arg;

    wsub_log_warn("drain-deadline",
                  WSUB_KU("after_ms", loop->drain_timeout_ms));
    wsub_loop_finish(loop, WSUB_EXIT_DRAIN);
}

void wsub_loop_ignore_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* the log's file may have a limit */
    for (size_t i = 0; i < IGNORED; i++)
        signal(ignored_signals[i].number, SIG_IGN);
}

struct wsub_loop *wsub_loop_new(uint32_t drain_timeout_ms)
{
    struct wsub_loop *loop = wsub_calloc(1, sizeof(*loop));
    struct event_config *config = event_config_new();

    wsub_loop_ignore_signals();
    loop->drain_timeout_ms = drain_timeout_ms;
    if (config != NULL) {
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
        event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
        event_config_set_max_dispatch_interval(config, NULL, LATER_MAX,
                                               WSUB_LOOP_LATER);
        loop->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (loop->base == NULL)
        wsub_panic("libevent found no way to wait for events");
    event_base_priority_init(loop->base, PRIORITIES);
    loop->on_term = evsignal_new(loop->base, SIGTERM, on_signal, loop);
    loop->on_int = evsignal_new(loop->base, SIGINT, on_signal, loop);
    event_add(loop->on_term, NULL); /* one that comes now counts in run() */
    event_add(loop->on_int, NULL);
    for (size_t i = 0; i < IGNORED; i++) {
        loop->ignored[i] = evsignal_new(loop->base, ignored_signals[i].number,
                                        on_ignored, loop);
        event_add(loop->ignored[i], NULL);
    }
    wsub_timer_init(&loop->deadline, loop->base, on_deadline, loop);
    wsub_timer_init(&loop->log, loop->base, on_log_due, loop);
    wsub_log_tended_by(on_log_want, loop);
    return loop;
}

void wsub_loop_free(struct wsub_loop *loop)
{
    if (loop == NULL)
        return;
    event_free(loop->on_term);
    event_free(loop->on_int);
    for (size_t i = 0; i < IGNORED; i++)
        event_free(loop->ignored[i]);
    wsub_log_tended_by(NULL, NULL);
    wsub_timer_done(&loop->log);
    wsub_timer_done(&loop->deadline);
    event_base_free(loop->base);
    free(loop);
}

struct event_base *wsub_loop_base(struct wsub_loop *loop)
{
    return loop->base;
}

enum wsub_exit wsub_loop_run(struct wsub_loop *loop,
                             wsub_loop_drain_cb *on_drain, void *arg)
{
    loop->on_drain = on_drain;
    loop->arg = arg;
    event_base_dispatch(loop->base);
    event_del(loop->on_term);
    event_del(loop->on_int);
    wsub_timer_stop(&loop->deadline);
    return loop->restarting && loop->code != WSUB_EXIT_START ? WSUB_EXIT_RESTART
                                                             : loop->code;
}

void wsub_loop_finish(struct wsub_loop *loop, enum wsub_exit code)
{
    loop->code = code;
    event_base_loopbreak(loop->base);
}

void wsub_loop_restart(struct wsub_loop *loop)
{
    if (loop->draining)
        return;
    wsub_log_info("restarting", WSUB_KU("deadline_ms", loop->drain_timeout_ms));
    loop->restarting = true;
    drain(loop);
}

bool wsub_loop_restarting(const struct wsub_loop *loop)
{
    return loop->restarting;
}

bool wsub_loop_draining(const struct wsub_loop *loop)
{
    return loop->draining;
}

uint64_t wsub_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t wsub_now_ms(void)
{
    return wsub_now_us() / 1000;
}
