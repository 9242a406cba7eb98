#include "spreader/ping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void spread_pings_clear(struct spread_pings *pings)
{
    free(pings->ids);
    *pings = (struct spread_pings){0};
}

bool spread_pings_have(const struct spread_pings *pings, const char *id)
{
    for (size_t i = 0; i < pings->count; i++)
        if (strcmp(pings->ids[i].text, id) == 0)
            return true;
    return false;
}

void spread_pings_add(struct spread_pings *pings, const char *id,
                      uint32_t failures)
{
    struct wsub_entry_id *added;

    if (pings->count == pings->size) {
        pings->size = pings->size == 0 ? 1 : 2 * pings->size;
        pings->ids =
            wsub_realloc(pings->ids, pings->size * sizeof(*pings->ids));
    }
    added = &pings->ids[pings->count++];
    snprintf(added->text, sizeof(added->text), "%s", id);
    if (failures > pings->failures)
        pings->failures = failures;
}

void spread_pings_move(struct spread_pings *to, struct spread_pings *from)
{
    spread_pings_clear(to);
    *to = *from;
    *from = (struct spread_pings){0};
}
