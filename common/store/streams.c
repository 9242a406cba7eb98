#include "common/store/streams.h"

#include <stddef.h>

#include "common/store/store.h"

#define PAUSE_LEAST_MS 50
#define PAUSE_MOST_MS 1000

void wsub_streams_mend(struct wsub_store *store, unsigned shard,
                       const char *const *names, unsigned count)
{
    struct wsub_cmd cmd;

    for (unsigned i = 0; i < count; i++) {
        wsub_cmd_init(&cmd, "XLEN");
        wsub_store_key(&cmd, store, shard, names[i], NULL);
        wsub_store_once(store, shard, &cmd, wsub_store_parse_done, NULL, NULL);
    }
}

uint32_t wsub_streams_pause_ms(uint32_t before)
{
    uint32_t pause_ms = 2 * before;

    return pause_ms < PAUSE_LEAST_MS  ? PAUSE_LEAST_MS
           : pause_ms > PAUSE_MOST_MS ? PAUSE_MOST_MS
                                      : pause_ms;
}
