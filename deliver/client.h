/* client.h - the HTTP client that deliveries and verifications are sent with. */
#ifndef DELIVER_CLIENT_H
#define DELIVER_CLIENT_H

#include <stdint.h>

struct event_base;
struct wsub_config;
struct wsub_egress;
struct wsub_http_client;

/* Makes the client for so many slots; the caller frees it.  All is borrowed, and
 * outlives it. */
struct wsub_http_client *deliver_client_new(struct event_base *base,
                                            const struct wsub_config *config,
                                            const struct wsub_egress *egress,
                                            uint32_t slots);

#endif
