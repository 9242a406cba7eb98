/* rates.h - how many requests a second one client may make.
 *
 * Token buckets by client (common/http/client_address.h), in this process: N
 * hubs allow N times as much.  The table has a place for HUB_RATES_CLIENTS
 * clients, some 10 MB; a client whose buckets are full is forgotten, and when
 * there are more the one that came least recently is.  Pure: the caller passes
 * the time. */
#ifndef HUB_RATES_H
#define HUB_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"

#define HUB_RATES_CLIENTS 65536

struct hub_rates;

enum hub_rate {
    HUB_RATE_SUBSCRIBE, /* requests; the burst is that of 4 seconds */
    HUB_RATE_ANNOUNCE,  /* announced URLs; of 10 seconds */
    HUB_RATE_MAX_
};

/* The rates are those of `config`; 0: no limit. */
struct hub_rates *hub_rates_new(const struct wsub_config *config);
void hub_rates_free(struct hub_rates *rates); /* NULL is fine */

/* Takes `tokens` of the client with that key (WSUB_CLIENT_KEY_BYTES) and returns
 * 0, or takes nothing and returns after how many seconds, 1 at least, there are
 * enough.  What costs more than the burst is let through when the bucket is
 * full. */
uint32_t hub_rates_take(struct hub_rates *rates, enum hub_rate kind,
                        const unsigned char *key, uint32_t tokens,
                        uint64_t now_us);

/* How many clients are known. */
size_t hub_rates_count(const struct hub_rates *rates);

#endif
