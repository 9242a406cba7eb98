/* report.h - the report of a health check, as JSON (docs/PROTOCOL.md). */
#ifndef SPREADER_HEALTH_REPORT_H
#define SPREADER_HEALTH_REPORT_H

#include <stdint.h>

#include "common/store/health/looks.h"
#include "spreader/health/findings.h"

struct spread_report {
    uint64_t time_ms; /* of Redis' clock */
    const char *site;
    uint64_t number; /* of the last check that was asked for before it began */
    uint64_t duration_ms;
    struct wsub_health_totals totals;
    uint64_t keys, shards, owned_shards;
    uint64_t uncounted_shards; /* with too much to be counted */
    uint64_t processes, consumers;
    const struct spread_findings *findings; /* borrowed */
};

/* The caller frees it. */
char *spread_report_json(const struct spread_report *report);

#endif
