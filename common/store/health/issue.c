#include "common/store/health/issue.h"

static const char *const names[WSUB_HEALTH_KINDS] = {
    [WSUB_HEALTH_STALE] = "stale",
    [WSUB_HEALTH_ORPHANED] = "orphaned",
    [WSUB_HEALTH_MISSING] = "missing",
    [WSUB_HEALTH_CORRUPT] = "corrupt",
};

const char *wsub_health_kind_name(enum wsub_health_kind kind)
{
    return names[kind];
}
