/* host.h - transfers to one host at once: at most `per_host`.
 *
 * A transfer enters before it is sent and leaves when it is over.  The excess
 * waits in the order it came, verifications (urgent) before deliveries; at most
 * WAITING_MAX of each for one host, so that one slow host can't take every
 * slot of the process.  What finds the host full
 * is told when its turn should come, at the pace at which the host has been
 * answering, and goes back to Redis until then. */
#ifndef DELIVER_HOST_H
#define DELIVER_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct deliver_host;
struct deliver_hosts;

/* Embedded in whatever wants to send to a host. */
struct deliver_ticket {
    void (*on_turn)(struct deliver_ticket *ticket); /* it may send now */
    void (*on_late)(struct deliver_ticket *ticket); /* it waited too long and
                                                     * is out */
    struct deliver_host *host; /* borrowed; NULL when outside */
    uint64_t since_us;         /* waiting, or sending, since */
    bool urgent; /* goes before those that are not, and has room of its own */
    bool waiting;
    TAILQ_ENTRY(deliver_ticket) next;
};

enum deliver_entry {
    DELIVER_ENTRY_NOW,  /* send at once */
    DELIVER_ENTRY_WAIT, /* on_turn or on_late will be called */
    DELIVER_ENTRY_FULL, /* too many wait: put the work back */
    DELIVER_ENTRY_BAD,  /* the callback is no URL */
};

struct deliver_hosts *deliver_hosts_new(uint32_t per_host,
                                        uint32_t wait_max_ms);
void deliver_hosts_free(struct deliver_hosts *hosts);

/* Enters the host (scheme, name and port) of a callback.  DELIVER_ENTRY_FULL
 * sets *ret_delay_ms to when to come again. */
enum deliver_entry deliver_host_enter(struct deliver_hosts *hosts,
                                      const char *callback,
                                      struct deliver_ticket *ticket,
                                      uint64_t *ret_delay_ms);

/* The transfer is over; the next one that waits gets its turn, during this
 * call. */
void deliver_host_leave(struct deliver_hosts *hosts,
                        struct deliver_ticket *ticket);

/* Calls on_late for those that wait since before now - wait_max_ms, or for
 * all of them when `everyone`. */
void deliver_hosts_expire(struct deliver_hosts *hosts, bool everyone);

#endif
