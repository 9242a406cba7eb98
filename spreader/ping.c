#include "spreader/ping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/redis/cmd.h"

struct spread_ping {
    char id[SPREAD_ENTRY_ID_MAX];
    STAILQ_ENTRY(spread_ping) next;
};

void spread_pings_init(struct spread_pings *pings)
{
    STAILQ_INIT(&pings->list);
    pings->failures = 0;
}

size_t spread_pings_clear(struct spread_pings *pings)
{
    struct spread_ping *ping;
    size_t count = 0;

    while ((ping = STAILQ_FIRST(&pings->list)) != NULL) {
        STAILQ_REMOVE_HEAD(&pings->list, next);
        free(ping);
        count++;
    }
    pings->failures = 0;
    return count;
}

bool spread_pings_empty(const struct spread_pings *pings)
{
    return STAILQ_EMPTY(&pings->list);
}

bool spread_pings_have(const struct spread_pings *pings, const char *id)
{
    const struct spread_ping *ping;

    STAILQ_FOREACH(ping, &pings->list, next)
    if (strcmp(ping->id, id) == 0)
        return true;
    return false;
}

void spread_pings_add(struct spread_pings *pings, const char *id,
                      uint32_t failures)
{
    struct spread_ping *ping = wsub_calloc(1, sizeof(*ping));

    snprintf(ping->id, sizeof(ping->id), "%s", id);
    STAILQ_INSERT_TAIL(&pings->list, ping, next);
    if (failures > pings->failures)
        pings->failures = failures;
}

void spread_pings_move(struct spread_pings *to, struct spread_pings *from)
{
    STAILQ_CONCAT(&to->list, &from->list);
    to->failures = from->failures;
    from->failures = 0;
}

void spread_pings_args(const struct spread_pings *pings, struct wsub_cmd *cmd)
{
    const struct spread_ping *ping;

    STAILQ_FOREACH(ping, &pings->list, next)
    wsub_cmd_str(cmd, ping->id);
}
