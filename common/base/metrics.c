#include "common/base/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "common/base/histogram.h"
#include "common/base/mem.h"
#include "common/base/metric_text.h"

#define TABLES_MAX 16
#define FAMILIES_MAX 32

static struct {
    const struct wsub_metric *rows; /* borrowed; outlives the process */
    size_t count;
} tables[TABLES_MAX];
static size_t table_count;

static struct wsub_metric_family families[FAMILIES_MAX];
static size_t family_count;

struct wsub_metric_samples {
    struct wsub_buf *out;                    /* borrowed */
    const struct wsub_metric_family *family; /* borrowed */
    bool described;
};

static const char *const type_names[] = {
    [WSUB_COUNTER] = "counter",
    [WSUB_GAUGE] = "gauge",
    [WSUB_COUNTER_MS] = "counter",
    [WSUB_GAUGE_MS] = "gauge",
};

void wsub_metrics_register(const struct wsub_metric *table, size_t count)
{
    if (table_count == TABLES_MAX)
        wsub_panic("more than %d metric tables", TABLES_MAX);
    tables[table_count].rows = table;
    tables[table_count++].count = count;
}

void wsub_metrics_add_family(const struct wsub_metric_family *family)
{
    if (family_count == FAMILIES_MAX)
        wsub_panic("more than %d metric families", FAMILIES_MAX);
    families[family_count++] = *family;
}

void wsub_metrics_forget(const void *arg)
{
    size_t kept = 0;

    for (size_t i = 0; i < family_count; i++)
        if (families[i].arg != arg)
            families[kept++] = families[i];
    family_count = kept;
    wsub_histograms_forget(arg);
}

void wsub_metric_add(struct wsub_metric *row, uint64_t count)
{
    row->value += count;
}

void wsub_metric_set(struct wsub_metric *row, uint64_t value)
{
    row->value = value;
}

static void print_value(struct wsub_buf *out, enum wsub_metric_kind kind,
                        uint64_t value)
{
    wsub_buf_str(out, " ");
    if (kind == WSUB_COUNTER_MS || kind == WSUB_GAUGE_MS)
        wsub_metric_seconds(out, value * 1000);
    else
        wsub_buf_printf(out, "%" PRIu64, value);
    wsub_buf_str(out, "\n");
}

static void print_row(struct wsub_buf *out, const struct wsub_metric *row,
                      const struct wsub_metric *before)
{
    if (before == NULL || strcmp(before->name, row->name) != 0)
        wsub_metric_describe(out, row->name, row->help, type_names[row->kind]);
    wsub_buf_str(out, row->name);
    if (row->labels != NULL)
        wsub_buf_printf(out, "{%s}", row->labels);
    print_value(out, row->kind, row->value);
}

static void begin_sample(struct wsub_metric_samples *samples)
{
    const struct wsub_metric_family *family = samples->family;

    if (!samples->described)
        wsub_metric_describe(samples->out, family->name, family->help,
                             type_names[family->kind]);
    samples->described = true;
    wsub_buf_str(samples->out, family->name);
}

void wsub_metric_give(struct wsub_metric_samples *samples, uint64_t value)
{
    begin_sample(samples);
    print_value(samples->out, samples->family->kind, value);
}

void wsub_metric_sample(struct wsub_metric_samples *samples, uint64_t value,
                        const char *labels, ...)
{
    va_list args;

    begin_sample(samples);
    wsub_buf_str(samples->out, "{");
    va_start(args, labels);
    wsub_buf_vprintf(samples->out, labels, args);
    va_end(args);
    wsub_buf_str(samples->out, "}");
    print_value(samples->out, samples->family->kind, value);
}

void wsub_metrics_print(struct wsub_buf *out)
{
    for (size_t t = 0; t < table_count; t++) {
        const struct wsub_metric *before = NULL, *row = tables[t].rows;

        for (size_t i = 0; i < tables[t].count; i++, before = row++)
            print_row(out, row, before);
    }
    for (size_t i = 0; i < family_count; i++)
        families[i].collect(
            &(struct wsub_metric_samples){.out = out, .family = &families[i]},
            families[i].arg);
    wsub_histograms_print(out);
}
