#include "common/host/waiting.h"

/* Verifications that wait for an address of unproven hosts: the others come again
 * later, and the places of the process are for those of other addresses. */
#define ADDRESS_WAITING_MAX 512

#define QUEUE_FEW 8      /* once waiting_max wait */
#define QUEUE_UNPROVEN 2 /* of what few can have, nobody has much */
#define QUEUE_FAILING 1  /* the rest is better off parked */
#define SOON_US 20000    /* what a way through Redis takes under load */

bool wsub_host_is_proven(const struct wsub_host *host, uint64_t now_us)
{
    return host->good_us > 0 && host->good_us + WSUB_HOST_KNOWN_US > now_us;
}

bool wsub_host_take_share(struct wsub_hosts *hosts, struct wsub_host *host,
                          struct wsub_host_ticket *ticket,
                          enum wsub_share_kind kind)
{
    struct wsub_share *share = &hosts->shares[kind];

    if (kind == WSUB_SHARE_NONE || ticket->share == kind)
        return true;
    if (!wsub_share_has(share)) {
        wsub_share_wait(share, &host->shares[kind]);
        return false;
    }
    share->used++;
    ticket->share = kind;
    return true;
}

void wsub_host_return_share(struct wsub_hosts *hosts,
                            struct wsub_host_ticket *ticket)
{
    if (ticket->share != WSUB_SHARE_NONE)
        hosts->shares[ticket->share].used--;
    ticket->share = WSUB_SHARE_NONE;
}

void wsub_host_settle_at(struct wsub_hosts *hosts, struct wsub_host *host,
                         const struct wsub_address_key *key, uint64_t now_us)
{
    struct wsub_address *before = host->address;

    host->address = wsub_address_use(&hosts->table.addresses, key, now_us);
    if (before != NULL && before != host->address)
        wsub_share_forget(&before->share, &host->at_address);
    wsub_address_leave(&hosts->table.addresses, before);
}

void wsub_host_locate(struct wsub_hosts *hosts, struct wsub_host *host,
                      uint64_t now_us)
{
    char name[WSUB_HOST_NAME_BYTES];
    struct wsub_address_key key;

    if (hosts->o.locate == NULL)
        return;
    wsub_host_copy_name(host, name);
    hosts->o.locate(name, &key, hosts->o.arg);
    wsub_host_settle_at(hosts, host, &key, now_us);
}

bool wsub_host_take_address(struct wsub_host *host,
                            struct wsub_host_ticket *ticket)
{
    if (ticket->address != NULL || host->address == NULL)
        return true;
    if (!wsub_share_has(&host->address->share)) {
        wsub_share_wait(&host->address->share, &host->at_address);
        return false;
    }
    ticket->address = wsub_address_share(host->address);
    ticket->address->share.used++;
    return true;
}

void wsub_host_return_address(struct wsub_hosts *hosts,
                              struct wsub_host_ticket *ticket)
{
    struct wsub_address *address = ticket->address;

    if (address != NULL)
        address->share.used--;
    ticket->address = NULL;
    wsub_address_leave(&hosts->table.addresses, address);
}

uint64_t wsub_host_urgent_due_us(const struct wsub_host *host, uint64_t now_us)
{
    uint64_t due_us = wsub_bucket_next_us(&host->urgent_bucket, now_us);
    uint64_t address_us =
        host->address != NULL
            ? wsub_bucket_next_us(&host->address->bucket, now_us)
            : now_us;

    return due_us > address_us ? due_us : address_us;
}

bool wsub_host_take_urgent(struct wsub_hosts *hosts,
                           struct wsub_host_ticket *ticket, uint64_t now_us)
{
    struct wsub_host *host = ticket->host;

    if (wsub_host_urgent_due_us(host, now_us) > now_us)
        return false;
    if (!wsub_host_is_proven(host, now_us) &&
        !wsub_host_take_address(host, ticket))
        return false;
    if (wsub_host_take_share(hosts, host, ticket, WSUB_SHARE_URGENT))
        return true;
    wsub_host_return_address(hosts, ticket);
    return false;
}

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

static uint32_t host_max(const struct wsub_hosts *hosts,
                         const struct wsub_host *host, uint64_t now_us)
{
    uint32_t most = hosts->o.queue_max;

    if (hosts->waiting >= hosts->o.waiting_max)
        most = least(most, QUEUE_FEW);
    return wsub_host_is_proven(host, now_us) ? most
                                             : least(most, QUEUE_UNPROVEN);
}

uint32_t wsub_host_queue_max(const struct wsub_hosts *hosts,
                             struct wsub_gate *gate, uint64_t now_us)
{
    const struct wsub_endpoint *endpoint;
    uint32_t most;

    if (!gate->is_endpoint)
        return host_max(hosts, wsub_gate_host(gate), now_us);
    endpoint = wsub_gate_endpoint(gate);
    most = host_max(hosts, endpoint->host, now_us);
    return endpoint->failing ? least(most, QUEUE_FAILING) : most;
}

bool wsub_host_address_is_full(const struct wsub_host *host, uint64_t now_us)
{
    return host->address != NULL && !wsub_host_is_proven(host, now_us) &&
           host->address->waiting >= ADDRESS_WAITING_MAX;
}

bool wsub_host_queue_is_full(const struct wsub_hosts *hosts,
                             struct wsub_gate *gate,
                             const struct wsub_host_ticket *ticket,
                             uint64_t now_us)
{
    return ticket->urgent
               ? hosts->urgent_waiting >= hosts->o.urgent_waiting_max ||
                     wsub_host_address_is_full(ticket->host, now_us)
               : gate->normal.count >= wsub_host_queue_max(hosts, gate, now_us);
}

static struct wsub_gate *gate_of(const struct wsub_host_ticket *ticket)
{
    return ticket->place == WSUB_HOST_AT_ENDPOINT ? &ticket->endpoint->gate
                                                  : &ticket->host->gate;
}

/* Whether a queue, of which `limit` may be on their way, moves on quickly. */
static bool moves_soon(const struct wsub_limit *pace,
                       const struct wsub_gate *gate, uint32_t limit)
{
    return pace->smooth_us > 0 &&
           pace->smooth_us * (gate->normal.count + 1) / limit <= SOON_US;
}

static void note_waiting(struct wsub_host_ticket *ticket)
{
    if (!ticket->urgent || ticket->host->address == NULL)
        return;
    ticket->waits_for = wsub_address_share(ticket->host->address);
    ticket->waits_for->waiting++;
}

static void note_waiting_no_more(struct wsub_hosts *hosts,
                                 struct wsub_host_ticket *ticket)
{
    if (ticket->waits_for != NULL)
        ticket->waits_for->waiting--;
    wsub_address_leave(&hosts->table.addresses, ticket->waits_for);
    ticket->waits_for = NULL;
}

void wsub_host_join(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                    enum wsub_host_place place, uint32_t limit)
{
    struct wsub_gate *gate;

    ticket->place = place;
    gate = gate_of(ticket);
    ticket->soon =
        !ticket->urgent && moves_soon(&ticket->host->limit, gate, limit);
    wsub_gate_queue_add(gate, ticket);
    note_waiting(ticket);
    hosts->waiting += !ticket->urgent;
    hosts->urgent_waiting += ticket->urgent;
    hosts->soon += ticket->soon;
}

void wsub_host_unjoin(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket)
{
    wsub_gate_queue_remove(gate_of(ticket), ticket);
    note_waiting_no_more(hosts, ticket);
    hosts->waiting -= !ticket->urgent;
    hosts->urgent_waiting -= ticket->urgent;
    hosts->soon -= ticket->soon;
}

void wsub_host_go_away(struct wsub_hosts *hosts,
                       struct wsub_host_ticket *ticket)
{
    wsub_host_unjoin(hosts, ticket);
    wsub_host_return_share(hosts, ticket);
    wsub_host_return_address(hosts, ticket);
    ticket->endpoint->admitted[ticket->urgent] -=
        ticket->place == WSUB_HOST_AT_HOST;
    ticket->place = WSUB_HOST_OUTSIDE;
    ticket->host = NULL;
    ticket->endpoint = NULL;
}
