/* countdown.h - many commands at once: goes on when all have had their reply.
 *
 *   wsub_countdown_start(&all, on_done, arg);
 *   for each command: if it was sent, wsub_countdown_add(&all);
 *                     in its callback, wsub_countdown_off(&all);
 *   wsub_countdown_off(&all);
 *
 * The last line stands for the sending itself, so that `on_done` is called
 * once, at the end of the sending when nothing was sent. */
#ifndef WSUB_BASE_COUNTDOWN_H
#define WSUB_BASE_COUNTDOWN_H

struct wsub_countdown {
    unsigned due;
    void (*on_done)(void *arg); /* may free what the countdown is part of */
    void *arg;                  /* borrowed; given to on_done */
};

void wsub_countdown_start(struct wsub_countdown *all,
                          void (*on_done)(void *arg), void *arg);
void wsub_countdown_add(struct wsub_countdown *all);
void wsub_countdown_off(struct wsub_countdown *all);

#endif
