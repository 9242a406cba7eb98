#include "spreader/alerts/removals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/cluster_events.h"

#define KEPT_MS 3600000

static void forget(struct spread_removals *removals, size_t place)
{
    free(removals->list[place].name);
    removals->count--;
    memmove(&removals->list[place], &removals->list[place + 1],
            (removals->count - place) * sizeof(removals->list[0]));
}

void spread_removals_done(struct spread_removals *removals)
{
    while (removals->count > 0)
        forget(removals, removals->count - 1);
}

static void forget_name(struct spread_removals *removals, const char *name)
{
    for (size_t i = removals->count; i-- > 0;)
        if (strcmp(removals->list[i].name, name) == 0)
            forget(removals, i);
}

static void remember(struct spread_removals *removals, const char *name,
                     const char *role_name, uint64_t now_ms)
{
    size_t role = 0;

    while (role < SPREAD_ROLES &&
           strcmp(spread_role_names[role], role_name) != 0)
        role++;
    if (role == SPREAD_ROLES)
        return;
    forget_name(removals, name);
    if (removals->count == SPREAD_REMOVALS_MAX)
        forget(removals, 0);
    removals->list[removals->count++] = (struct spread_removal){
        .name = wsub_strdup(name),
        .role = role,
        .at_ms = now_ms,
        .live_then = removals->live[role],
    };
}

void spread_removals_event(struct spread_removals *removals,
                           const struct wsub_cluster_event *event,
                           uint64_t now_ms)
{
    if (event->instance == NULL)
        return;
    if (event->kind == WSUB_EVENT_INSTANCE_REMOVED && event->role != NULL)
        remember(removals, event->instance, event->role, now_ms);
    else if (event->kind == WSUB_EVENT_INSTANCE_REGISTERED)
        forget_name(removals, event->instance);
}

/* As many live as before it died; where nobody knows how many that were, any of
 * its role. */
static bool is_replaced(const struct spread_removal *removal,
                        const uint64_t live[SPREAD_ROLES])
{
    uint64_t before = removal->live_then > 0 ? removal->live_then : 1;

    return live[removal->role] >= before;
}

void spread_removals_seen(struct spread_removals *removals,
                          const uint64_t live[SPREAD_ROLES], uint64_t now_ms)
{
    for (size_t i = removals->count; i-- > 0;)
        if (is_replaced(&removals->list[i], live) ||
            now_ms - removals->list[i].at_ms >= KEPT_MS)
            forget(removals, i);
    memcpy(removals->live, live, sizeof(removals->live));
}
