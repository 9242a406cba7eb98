/* gate.h - how many polls wait for a script of Redis at once.
 *
 *   enter --> passed, at once or in the order of entering --> leave
 *
 * An event may be for ten thousand polls, and each response brings a new poll.
 * What all of them have to tell Redis would stand before the pushes and requests of
 * others, for longer than Redis may take for a reply.  So few are sent at once, and
 * others find a short queue. */
#ifndef HUB_PULL_GATE_H
#define HUB_PULL_GATE_H

#include <stdbool.h>
#include <sys/queue.h>

struct event_base;
struct hub_pull_gate;

/* Embedded in who wants to pass, zeroed but for the callback. */
struct hub_pull_pass {
    void (*on_passed)(struct hub_pull_pass *pass);
    TAILQ_ENTRY(hub_pull_pass) others; /* for gate.c */
    bool waits, has_passed;
};

struct hub_pull_gate *hub_pull_gate_new(struct event_base *base);
/* Once nobody waits.  NULL is fine. */
void hub_pull_gate_free(struct hub_pull_gate *gate);

/* Calls on_passed once: now or from the loop.  Nothing for who waits already. */
void hub_pull_gate_enter(struct hub_pull_gate *gate,
                         struct hub_pull_pass *pass);

/* Waits no more, or makes way for others; nothing for who did neither. */
void hub_pull_gate_leave(struct hub_pull_gate *gate,
                         struct hub_pull_pass *pass);

#endif
