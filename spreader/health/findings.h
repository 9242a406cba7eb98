/* findings.h - what a health check has found wrong.
 *
 * Each thing once, however often it is found.  At most a number of them are kept;
 * what is beyond that is counted, and found again once the others are mended. */
#ifndef SPREADER_HEALTH_FINDINGS_H
#define SPREADER_HEALTH_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/health/issue.h"

struct spread_finding;

/* Embedded; zeroed it is an empty one. */
struct spread_findings {
    struct spread_finding *by_thing; /* owned */
    size_t kept;
    uint64_t counts[WSUB_HEALTH_KINDS]; /* those beyond included */
};

/* Copies the issue. */
void spread_findings_add(struct spread_findings *findings,
                         const struct wsub_health_issue *issue);

/* Those for which `is_to_go` says so go. */
void spread_findings_drop(struct spread_findings *findings,
                          bool (*is_to_go)(const struct wsub_health_issue *));

/* The issue itself goes, if it is there. */
void spread_findings_remove(struct spread_findings *findings,
                            const struct wsub_health_issue *issue);

void spread_findings_clear(struct spread_findings *findings);

/* Of all kinds, those beyond included. */
uint64_t spread_findings_count(const struct spread_findings *findings);

/* Lists those for which `is_wanted` says so, NULL for all, in the order in which
 * they were found; the caller frees the list, whose texts live as long as the
 * findings. */
struct wsub_health_issue *
spread_findings_list(const struct spread_findings *findings,
                     bool (*is_wanted)(const struct wsub_health_issue *),
                     size_t *ret_count);

#endif
