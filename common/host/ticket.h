/* ticket.h - what enters a host, and with what it leaves (host.h). */
#ifndef WSUB_HOST_TICKET_H
#define WSUB_HOST_TICKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/crypto/digest.h"
#include "common/host/share.h"
#include "common/net/address_key.h"

struct wsub_address;
struct wsub_endpoint;
struct wsub_host;

/* Why a request is sent away. */
enum wsub_host_closing {
    WSUB_HOST_NOT_CLOSED,
    WSUB_HOST_BROKEN, /* the breaker is open: it would have failed */
    WSUB_HOST_ASKED,  /* the server named the time */
};

enum wsub_host_place {
    WSUB_HOST_OUTSIDE,
    WSUB_HOST_AT_ENDPOINT, /* in its queue */
    WSUB_HOST_AT_HOST,     /* in its queue */
    WSUB_HOST_SENDING,
    WSUB_HOST_LINGERING, /* sending, for more than a second */
};

/* Embedded in whatever wants to send to a host.  During on_start and on_closed
 * tickets may enter and leave; during on_late and on_linger none may. */
struct wsub_host_ticket {
    /* It may send now. */
    void (*on_start)(struct wsub_host_ticket *ticket);
    /* It waited too long and is out. */
    void (*on_late)(struct wsub_host_ticket *ticket);
    /* What it waited for was closed, and it is out; may be tried in
     * `delay_ms`. */
    void (*on_closed)(struct wsub_host_ticket *ticket,
                      enum wsub_host_closing closing, uint64_t delay_ms);
    /* Its request lingers, and no longer counts.  May be NULL. */
    void (*on_linger)(struct wsub_host_ticket *ticket);
    /* Id of the endpoint, WSUB_DIGEST_LEN bytes; borrowed during enter. */
    const char *endpoint_id;
    /* NULL, or what has limits of its own at the host, as though that were another
     * one: WSUB_DIGEST_LEN bytes, borrowed during enter, and its own per_host.  An
     * endpoint belongs to one scope. */
    const char *scope;
    uint32_t scope_per_host;
    bool urgent; /* goes before those that are not, in queues of its own */
    /* The caller knows that the endpoint did well the last time: it needs no
     * share of what hosts without a good response may have. */
    bool did_well;

    /* Written here. */
    enum wsub_host_place place;
    struct wsub_host *host;         /* borrowed; NULL when outside */
    struct wsub_endpoint *endpoint; /* borrowed; likewise */
    enum wsub_share_kind share;     /* that it holds */
    struct wsub_address *address;   /* of whose share it holds a part */
    struct wsub_address *waits_for; /* an urgent one that waits */
    bool soon;                      /* it waits where it starts soon */
    bool young;                     /* among those that may come to linger */
    uint64_t since_us;              /* waiting, or sending, since */
    /* By WSUB_HOST_ENTRY_FULL: what to park it for, the endpoint's id or the
     * digest of SCHEME:PORT:NAME. */
    char full_name[WSUB_DIGEST_LEN + 1];
    /* By WSUB_HOST_ENTRY_FULL: did_well would have let it through. */
    bool lacks_share;
    /* By WSUB_HOST_ENTRY_FULL, of an urgent one: it is its address for which too
     * many wait. */
    bool address_is_full;
    TAILQ_ENTRY(wsub_host_ticket) next;
};

enum wsub_host_entry {
    WSUB_HOST_ENTRY_NOW,   /* send at once */
    WSUB_HOST_ENTRY_WAIT,  /* one of the ticket's callbacks will be called */
    WSUB_HOST_ENTRY_FULL,  /* too many wait: put the work back */
    WSUB_HOST_ENTRY_OPEN,  /* a breaker is open: put the work back */
    WSUB_HOST_ENTRY_ASKED, /* the server named the time: put the work back */
    WSUB_HOST_ENTRY_BAD,   /* the callback is no URL */
};

/* What a request says about its endpoint and host. */
enum wsub_host_sign {
    WSUB_HOST_SIGN_NONE,     /* nothing: no request was made */
    WSUB_HOST_SIGN_WELL,     /* success */
    WSUB_HOST_SIGN_REFUSED,  /* any other status but the next two */
    WSUB_HOST_SIGN_PUSHBACK, /* 429: too much, but it lives */
    WSUB_HOST_SIGN_OVERLOAD, /* 503: too much, or down */
    WSUB_HOST_SIGN_TIMEOUT,  /* no response to what was sent */
    WSUB_HOST_SIGN_BROKEN,   /* the connection broke instead of a response */
    /* Nothing could be sent: DNS, connect, TLS.  The host's own fault. */
    WSUB_HOST_SIGN_UNREACHED,
    WSUB_HOST_SIGN_MAX_,
};

struct wsub_host_report {
    enum wsub_host_sign sign;
    unsigned status;     /* of the response; 0: none came */
    uint64_t latency_us; /* 0: unknown */
    uint64_t asked_ms;   /* PUSHBACK, OVERLOAD: come again then; 0: not said */
};

struct wsub_hosts_options {
    uint32_t per_host;     /* requests in flight to one host, at most */
    uint32_t per_endpoint; /* to one endpoint; one while it fails */
    uint32_t rate;         /* starts a second to one host; 0: no limit */
    uint32_t urgent_rate;  /* the same of the urgent, to an address too */
    /* Of hosts without a good response, in flight to one address; 0: no limit. */
    uint32_t per_address;
    uint32_t queue_max;          /* that may wait for one host, or endpoint */
    uint32_t waiting_max;        /* in all, before queues are kept short */
    uint32_t urgent_waiting_max; /* the same of the urgent */
    uint32_t unproven_max;       /* entered, of hosts without a good response */
    uint32_t urgent_max;         /* urgent ones that are sent at once */
    uint32_t lingering_max;
    uint32_t wait_max_ms;
    uint32_t (*random)(void); /* for the jitter of breakers; NULL: our own */

    /* Says where requests to the host (a name or an address, in lower case) go.
     * NULL: that does not matter. */
    void (*locate)(const char *host, struct wsub_address_key *ret_key,
                   void *arg);

    /* `name` (wsub_host_ticket.full_name) has capacity for `how_many` that were
     * parked.  Called during wsub_host_leave(), wsub_host_parked(),
     * wsub_host_fewer() and wsub_hosts_tick(), not again before they have
     * entered, will not come, or half a second has passed.  NULL: nothing is
     * ever parked. */
    void (*on_capacity)(const char *name, uint32_t how_many, void *arg);

    /* wsub_hosts_next_us() may be earlier than it was.  May be NULL. */
    void (*on_due)(void *arg);

    /* The breaker of a host opened, for `delay_ms`, or closed (0).  `host` is
     * SCHEME://NAME:PORT.  May be NULL. */
    void (*on_breaker)(const char *host, uint64_t delay_ms, void *arg);
    void *arg; /* borrowed; given to all */
};

#endif
