#include "deliver/client.h"

#include "common/base/config.h"
#include "common/http/client.h"
#include "deliver/in_flight.h"

struct wsub_http_client *deliver_client_new(struct event_base *base,
                                            const struct wsub_config *config,
                                            const struct wsub_egress *egress,
                                            uint32_t slots)
{
    return wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = config->connect_timeout_ms,
        .max_requests = deliver_in_flight_of(slots, config->max_sockets).all,
        .kept_connections = 2 * slots,
        .egress = egress,
        .tls = wsub_http_tls_of(config),
        .proxy = config->egress_proxy,
        .per_host = config->per_host,
        .dns_servers = config->dns_servers,
        .max_sockets = config->max_sockets,
        .http2 = config->http2,
    });
}
