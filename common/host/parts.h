/* parts.h - what hosts are made of.
 *
 * Private to common/host. */
#ifndef WSUB_HOST_PARTS_H
#define WSUB_HOST_PARTS_H

#include "common/host/table.h"
#include "common/host/ticket.h"

struct wsub_hosts {
    struct wsub_hosts_options o;
    struct wsub_host_table table;
    struct wsub_share shares[WSUB_SHARES];
    TAILQ_HEAD(, wsub_host_ticket) young; /* sending; the first began first */
    uint32_t waiting, urgent_waiting;     /* tickets */
    uint32_t soon;                        /* of those that wait */
    uint32_t lingering;
    bool feeding; /* hosts that wait for a share */
};

#endif
