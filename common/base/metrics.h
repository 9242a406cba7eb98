/* metrics.h - counters and gauges for /metrics.
 *
 * A program's stats.h is an enum, its stats.c the table of that enum, which the
 * program registers; a count is one addition to a row.  The text is the
 * Prometheus exposition format 0.0.4. */
#ifndef WSUB_BASE_METRICS_H
#define WSUB_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum wsub_metric_kind { WSUB_COUNTER, WSUB_GAUGE };

struct wsub_metric {
    const char *name; /* with the prefix websubd_, and _total for counters */
    const char *help;
    enum wsub_metric_kind kind;
    /* Such as outcome="ok", or NULL; rows of one name stand together in the
     * table. */
    const char *labels;
    uint64_t value;
};

/* Makes a table of `count` rows part of the output.  The table outlives the
 * process' last call of wsub_metrics_print().  At most 16 tables. */
void wsub_metrics_register(const struct wsub_metric *table, size_t count);

/* Adds to a counter. */
void wsub_metric_add(struct wsub_metric *row, uint64_t count);

/* Sets a gauge. */
void wsub_metric_set(struct wsub_metric *row, uint64_t value);

/* Adds every registered metric to `out`. */
void wsub_metrics_print(struct wsub_buf *out);

#endif
