#include "common/base/metrics.h"

#include <string.h>

#include "common/base/mem.h"

#define TABLES_MAX 16

static struct {
    const struct wsub_metric *rows; /* borrowed; outlives the process */
    size_t count;
} tables[TABLES_MAX];
static size_t table_count;

static const char *const kind_names[] = {
    [WSUB_COUNTER] = "counter",
    [WSUB_GAUGE] = "gauge",
};

void wsub_metrics_register(const struct wsub_metric *table, size_t count)
{
    if (table_count == TABLES_MAX)
        wsub_panic("more than %d metric tables", TABLES_MAX);
    tables[table_count].rows = table;
    tables[table_count++].count = count;
}

void wsub_metric_add(struct wsub_metric *row, uint64_t count)
{
    row->value += count;
}

void wsub_metric_set(struct wsub_metric *row, uint64_t value)
{
    row->value = value;
}

static void print_row(struct wsub_buf *out, const struct wsub_metric *row,
                      const struct wsub_metric *before)
{
    if (before == NULL || strcmp(before->name, row->name) != 0)
        wsub_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name,
                        row->help, row->name, kind_names[row->kind]);
    wsub_buf_str(out, row->name);
    if (row->labels != NULL)
        wsub_buf_printf(out, "{%s}", row->labels);
    wsub_buf_printf(out, " %llu\n", (unsigned long long)row->value);
}

void wsub_metrics_print(struct wsub_buf *out)
{
    for (size_t t = 0; t < table_count; t++) {
        const struct wsub_metric *before = NULL, *row = tables[t].rows;

        for (size_t i = 0; i < tables[t].count; i++, before = row++)
            print_row(out, row, before);
    }
}
