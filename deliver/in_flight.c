#include "deliver/in_flight.h"

#include "common/http/client.h"

#define UNPROVEN_SHARE 2      /* half of the slots: see host.h */
#define VERIFICATIONS_SHARE 4 /* a quarter as many at once as deliveries */
#define LINGERING_TIMES 3     /* as many as slots: sockets that wait */

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

struct deliver_in_flight deliver_in_flight_of(uint32_t slots,
                                              uint32_t max_sockets)
{
    uint32_t wanted =
        slots + slots / VERIFICATIONS_SHARE + LINGERING_TIMES * slots;
    uint32_t all =
        max_sockets == 0
            ? wanted
            : least(wanted, wsub_http_client_requests_max(max_sockets));
    uint32_t deliveries = least(slots, all);
    uint32_t verifications = deliveries / VERIFICATIONS_SHARE;
    uint32_t young = deliveries + verifications;

    return (struct deliver_in_flight){
        .unproven = deliveries / UNPROVEN_SHARE,
        .verifications = verifications,
        .lingering = all > young ? all - young : 0,
        .all = all,
    };
}
