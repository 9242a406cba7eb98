/* loop.h - a program's life: start, run, drain, exit.
 *
 *   running --SIGTERM or SIGINT--> draining --finished--> exit 0
 *      |                              |  '---deadline---> exit 2
 *      '------restart---> draining ---' signal
 *                            '--finished, deadline--> executed again
 *
 * On the first signal the program's `on_drain` is called once; it stops
 * taking work, and calls wsub_loop_finish() when the last piece is done.  A
 * second signal, or the deadline, ends the program at once.  SIGHUP, SIGUSR1,
 * SIGUSR2 and SIGALRM do nothing but a line in the log; SIGPIPE and SIGXFSZ are
 * ignored.  The loop tends the log, too. */
#ifndef WSUB_BASE_LOOP_H
#define WSUB_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* The priority of events that come in great numbers, and that others need not
 * wait for: after some of them the loop looks for others.  An event that makes
 * another one active should not have this priority when that one has not: the
 * loop then looks at once. */
#define WSUB_LOOP_LATER 3

/* The priority of events that make more of those: they run once none of those
 * is ready. */
#define WSUB_LOOP_LAST 4

struct event_base;
struct wsub_loop;

enum wsub_exit {
    WSUB_EXIT_OK = 0,
    WSUB_EXIT_START = 1, /* bad setting, port taken, wrong Redis */
    WSUB_EXIT_DRAIN = 2, /* work was still in flight at the deadline */
    WSUB_EXIT_RESTART,   /* not an end: the program executes itself again */
};

typedef void wsub_loop_drain_cb(void *arg);

/* From now on the signals that the loop ignores do nothing, also before there is
 * a loop and after it: in the time of a start or a restart too. */
void wsub_loop_ignore_signals(void);

struct wsub_loop *wsub_loop_new(uint32_t drain_timeout_ms);
void wsub_loop_free(struct wsub_loop *loop);

/* The libevent base; valid as long as the loop. */
struct event_base *wsub_loop_base(struct wsub_loop *loop);

/* Runs until wsub_loop_finish() or the drain deadline; returns the exit
 * code.  `on_drain` is called with `arg` on the first signal. */
enum wsub_exit wsub_loop_run(struct wsub_loop *loop,
                             wsub_loop_drain_cb *on_drain, void *arg);

/* Leaves the loop with `code` after the current callback. */
void wsub_loop_finish(struct wsub_loop *loop, enum wsub_exit code);

/* Drains as on a signal; the loop then returns WSUB_EXIT_RESTART, unless a signal
 * comes meanwhile, which makes it an end.  Nothing while it drains already. */
void wsub_loop_restart(struct wsub_loop *loop);
bool wsub_loop_restarting(const struct wsub_loop *loop);

bool wsub_loop_draining(const struct wsub_loop *loop);

/* Milliseconds of a clock that never goes back; for durations only. */
uint64_t wsub_now_ms(void);
uint64_t wsub_now_us(void);

#endif
