#include "common/host/gate.h"

#define CALL_AGAIN_US 500000
/* An order that keeps a breaker open may last for days, and be taken back before. */
#define BROKEN_MAX_MS 60000

void wsub_gate_init(struct wsub_gate *gate, bool is_endpoint)
{
    gate->is_endpoint = is_endpoint;
    TAILQ_INIT(&gate->urgent.tickets);
    TAILQ_INIT(&gate->normal.tickets);
}

enum wsub_host_closing wsub_gate_closed(const struct wsub_gate *gate,
                                        uint64_t now_us, uint64_t *ret_delay_ms)
{
    if (gate->asked_until_us > now_us) {
        *ret_delay_ms = (gate->asked_until_us - now_us + 999) / 1000;
        return WSUB_HOST_ASKED;
    }
    if (!wsub_breaker_admits(&gate->breaker, now_us)) {
        *ret_delay_ms = wsub_breaker_wait_ms(&gate->breaker, now_us);
        if (*ret_delay_ms > BROKEN_MAX_MS)
            *ret_delay_ms = BROKEN_MAX_MS;
        return WSUB_HOST_BROKEN;
    }
    return WSUB_HOST_NOT_CLOSED;
}

bool wsub_gate_admits(const struct wsub_gate *gate, uint64_t now_us)
{
    uint64_t delay_ms;

    return wsub_gate_closed(gate, now_us, &delay_ms) == WSUB_HOST_NOT_CLOSED;
}

static struct wsub_gate_queue *queue_of(struct wsub_gate *gate,
                                        const struct wsub_host_ticket *ticket)
{
    return ticket->urgent ? &gate->urgent : &gate->normal;
}

void wsub_gate_queue_add(struct wsub_gate *gate,
                         struct wsub_host_ticket *ticket)
{
    struct wsub_gate_queue *queue = queue_of(gate, ticket);

    TAILQ_INSERT_TAIL(&queue->tickets, ticket, next);
    queue->count++;
}

void wsub_gate_queue_remove(struct wsub_gate *gate,
                            struct wsub_host_ticket *ticket)
{
    struct wsub_gate_queue *queue = queue_of(gate, ticket);

    TAILQ_REMOVE(&queue->tickets, ticket, next);
    queue->count--;
}

struct wsub_host_ticket *wsub_gate_queue_first(const struct wsub_gate *gate)
{
    return !TAILQ_EMPTY(&gate->urgent.tickets)
               ? TAILQ_FIRST(&gate->urgent.tickets)
               : TAILQ_FIRST(&gate->normal.tickets);
}

static uint32_t half(uint32_t queue_max)
{
    return (queue_max + 1) / 2;
}

static uint32_t capacity(const struct wsub_gate *gate, uint32_t queue_max,
                         uint64_t now_us)
{
    uint32_t before = gate->normal.count + gate->coming;

    if (!gate->parked || before >= half(queue_max) ||
        !wsub_gate_admits(gate, now_us))
        return 0;
    if (gate->breaker.state == WSUB_BREAKER_OPEN) /* one is to try it */
        return before == 0 ? 1 : 0;
    return queue_max - before;
}

uint32_t wsub_gate_call(struct wsub_gate *gate, uint32_t queue_max,
                        uint64_t now_us)
{
    uint32_t how_many;

    if (now_us >= gate->called_us + CALL_AGAIN_US)
        gate->coming = 0;
    how_many = capacity(gate, queue_max, now_us);
    if (how_many > 0) {
        gate->coming += how_many;
        gate->called_us = now_us;
    }
    return how_many;
}

static uint64_t later(uint64_t one_us, uint64_t other_us)
{
    return one_us > other_us ? one_us : other_us;
}

uint64_t wsub_gate_call_due_us(const struct wsub_gate *gate, uint32_t queue_max)
{
    uint64_t due_us = gate->coming > 0 ? gate->called_us + CALL_AGAIN_US : 0;

    if (!gate->parked || gate->normal.count >= half(queue_max) ||
        gate->breaker.state == WSUB_BREAKER_HALF_OPEN)
        return WSUB_DUE_NEVER; /* somebody will leave */
    due_us = later(due_us, gate->asked_until_us);
    if (gate->breaker.state != WSUB_BREAKER_OPEN)
        return due_us;
    if (gate->normal.count > 0)
        return WSUB_DUE_NEVER; /* that one will try it */
    return later(due_us, gate->breaker.until_us);
}
