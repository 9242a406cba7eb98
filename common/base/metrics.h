/* metrics.h - counters and gauges for /metrics.
 *
 *   rows      a program's stats.h is an enum, its stats.c the table of that enum,
 *             which the program registers; a count is one addition to a row
 *   families  what is only known, or only worth finding out, when it is asked
 *             for: samples with labels that a callback gives
 *   histograms  see histogram.h
 *
 * The text is the Prometheus exposition format 0.0.4, in base units: what is kept
 * in milliseconds is printed in seconds. */
#ifndef WSUB_BASE_METRICS_H
#define WSUB_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum wsub_metric_kind {
    WSUB_COUNTER,
    WSUB_GAUGE,
    WSUB_COUNTER_MS, /* values in ms, printed in seconds */
    WSUB_GAUGE_MS,   /* likewise */
};

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

struct wsub_metric_samples; /* where the samples of a family go */

struct wsub_metric_family {
    const char *name, *help; /* as above */
    enum wsub_metric_kind kind;
    /* Gives the samples there are now, maybe none. */
    void (*collect)(struct wsub_metric_samples *samples, void *arg);
    void *arg; /* borrowed; given to collect */
};

/* Makes a family (copied) part of the output, until its `arg` is forgotten.  At
 * most 32 families. */
void wsub_metrics_add_family(const struct wsub_metric_family *family);

/* Takes out the families and histograms that were added with `arg`. */
void wsub_metrics_forget(const void *arg);

/* The only sample of the family, without labels. */
void wsub_metric_give(struct wsub_metric_samples *samples, uint64_t value);

/* One sample of the family; `labels` is the format of what stands between the
 * braces.  Values of labels have no quote, backslash or line end. */
__attribute__((format(printf, 3, 4))) void
wsub_metric_sample(struct wsub_metric_samples *samples, uint64_t value,
                   const char *labels, ...);

/* Adds every registered metric to `out`. */
void wsub_metrics_print(struct wsub_buf *out);

#endif
