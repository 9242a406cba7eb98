/* host.h - which requests to a host may start, and when.
 *
 * A request enters its host (scheme, name and port) before it is sent and
 * leaves when it is over, with what it says about the host.  Each host has
 * a breaker (breaker.h), a limit (limit.h) and a token bucket (bucket.h).
 *
 *              .-- breaker open ------------------------> OPEN (or on_closed)
 *   enter -----+-- below the limit, a token, no queue --> NOW
 *              +-- queue not full --> WAIT --> on_start, on_late or on_closed
 *              '-- queue full ------> FULL: may be parked --> on_capacity
 *
 * The excess is queued in the order it came, verifications (urgent) before
 * deliveries; at most queue_max of each for one host, and only a few once
 * waiting_max wait in all, so that slow hosts can't take every slot of the
 * process.
 *
 * What the caller has parked outside for a full host is called back by
 * on_capacity, once the queue is below its half.
 *
 * A host is forgotten when nothing is left to say of it, or 10 minutes after
 * its last use; of those that are not in use, 65,536 are kept.
 * Time is passed in: microseconds of a clock that never goes back. */
#ifndef DELIVER_HOST_HOST_H
#define DELIVER_HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/crypto/digest.h"
#include "common/http/url.h"

struct deliver_host;
struct deliver_hosts;

/* Embedded in whatever wants to send to a host.  During on_start and on_closed
 * tickets may enter and leave; during on_late none may. */
struct deliver_ticket {
    /* It may send now. */
    void (*on_start)(struct deliver_ticket *ticket);
    /* It waited too long and is out. */
    void (*on_late)(struct deliver_ticket *ticket);
    /* The host broke down while it waited, and it is out; may be tried in
     * `delay_ms`. */
    void (*on_closed)(struct deliver_ticket *ticket, uint64_t delay_ms);
    struct deliver_host *host; /* borrowed; NULL when outside */
    uint64_t since_us;         /* waiting, or sending, since */
    bool urgent; /* goes before those that are not, in a queue of its own */
    bool waiting;
    /* Written by DELIVER_ENTRY_FULL: digest of SCHEME:PORT:NAME. */
    char host_name[WSUB_DIGEST_LEN + 1];
    TAILQ_ENTRY(deliver_ticket) next;
};

enum deliver_entry {
    DELIVER_ENTRY_NOW,  /* send at once */
    DELIVER_ENTRY_WAIT, /* one of the ticket's callbacks will be called */
    DELIVER_ENTRY_FULL, /* too many wait: put the work back */
    DELIVER_ENTRY_OPEN, /* the host is down: put the work back */
    DELIVER_ENTRY_BAD,  /* the callback is no URL */
};

/* What a request says about its host. */
enum deliver_sign {
    DELIVER_SIGN_NONE,     /* nothing: no request was made */
    DELIVER_SIGN_WELL,     /* any status but the next two */
    DELIVER_SIGN_PUSHBACK, /* 429: too much, but it lives */
    DELIVER_SIGN_OVERLOAD, /* 503: too much, or down */
    DELIVER_SIGN_TIMEOUT,
    DELIVER_SIGN_UNREACHED, /* DNS, connect, TLS, or the connection broke */
};

struct deliver_hosts_options {
    uint32_t per_host;
    uint32_t rate;        /* starts a second to one host; 0: no limit */
    uint32_t queue_max;   /* tickets that may wait for one host */
    uint32_t waiting_max; /* in all, before queues are kept short */
    uint32_t wait_max_ms;
    uint32_t (*random)(void); /* for the jitter of breakers; NULL: our own */

    /* The host `name` has capacity for `how_many` that were parked.  Called
     * during deliver_host_leave(), deliver_host_parked(), deliver_host_fewer()
     * and deliver_hosts_tick(), not again before they have entered, will not
     * come, or half a second has passed.  NULL: nothing is ever parked. */
    void (*on_capacity)(const char *name, uint32_t how_many, void *arg);

    /* deliver_hosts_next_us() may be earlier than it was.  May be NULL. */
    void (*on_due)(void *arg);
    void *arg; /* borrowed; given to both */
};

struct deliver_hosts *
deliver_hosts_new(const struct deliver_hosts_options *options);
void deliver_hosts_free(struct deliver_hosts *hosts);

/* Enters the host of a callback.  DELIVER_ENTRY_OPEN sets *ret_delay_ms to when
 * to come again. */
enum deliver_entry deliver_host_enter(struct deliver_hosts *hosts,
                                      const char *callback,
                                      struct deliver_ticket *ticket,
                                      uint64_t now_us, uint64_t *ret_delay_ms);

/* As above, for a URL that was parsed before; never DELIVER_ENTRY_BAD. */
enum deliver_entry deliver_host_enter_url(struct deliver_hosts *hosts,
                                          const struct wsub_url *url,
                                          struct deliver_ticket *ticket,
                                          uint64_t now_us,
                                          uint64_t *ret_delay_ms);

/* The request is over and took `latency_us` (0: unknown).  Those that may go
 * now are started during this call, or learn that the host broke down. */
void deliver_host_leave(struct deliver_hosts *hosts,
                        struct deliver_ticket *ticket, enum deliver_sign sign,
                        uint64_t latency_us, uint64_t now_us);

/* Something is parked for the host of that name; false when that isn't known
 * (any more): nothing will be called back. */
bool deliver_host_parked(struct deliver_hosts *hosts, const char *name,
                         uint64_t now_us);

/* Of those that on_capacity called, `count` will not come: there were no more
 * where it looked.  Ignored when nothing is parked. */
void deliver_host_fewer(struct deliver_hosts *hosts, const char *name,
                        uint32_t count, uint64_t now_us);

/* Nothing is parked any more; ignored when the host isn't known. */
void deliver_host_unparked(struct deliver_hosts *hosts, const char *name,
                           uint64_t now_us);

/* When deliver_hosts_tick() is due: a token comes for somebody who waits, or
 * a host can take parked work; UINT64_MAX when nothing is. */
uint64_t deliver_hosts_next_us(const struct deliver_hosts *hosts);
void deliver_hosts_tick(struct deliver_hosts *hosts, uint64_t now_us);

/* Calls on_late for those that have waited for wait_max_ms, or for all of them
 * when `everyone`; forgets hosts that were not used for long. */
void deliver_hosts_expire(struct deliver_hosts *hosts, bool everyone,
                          uint64_t now_us);

struct deliver_hosts_counts {
    uint32_t known;   /* in use or remembered */
    uint32_t down;    /* with a breaker that isn't closed */
    uint32_t waiting; /* tickets */
};

void deliver_hosts_count(const struct deliver_hosts *hosts,
                         struct deliver_hosts_counts *ret_counts);

#endif
