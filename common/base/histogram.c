#include "common/base/histogram.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/metric_text.h"

#define TABLES_MAX 16
#define SECOND_US UINT64_C(1000000)

const struct wsub_buckets wsub_buckets_call = {
    {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
     500000, SECOND_US, 5 * SECOND_US / 2, 5 * SECOND_US, 10 * SECOND_US}};

const struct wsub_buckets wsub_buckets_wait = {
    {5000, 10000, 25000, 50000, 100000, 250000, 500000, SECOND_US,
     5 * SECOND_US / 2, 5 * SECOND_US, 10 * SECOND_US, 30 * SECOND_US,
     60 * SECOND_US, 600 * SECOND_US, 3600 * SECOND_US, 21600 * SECOND_US}};

static struct {
    const struct wsub_histogram *rows; /* borrowed */
    size_t count;
    const void *arg;
} tables[TABLES_MAX];
static size_t table_count;

void wsub_histograms_register(const struct wsub_histogram *table, size_t count,
                              const void *arg)
{
    if (table_count == TABLES_MAX)
        wsub_panic("more than %d tables of histograms", TABLES_MAX);
    tables[table_count].rows = table;
    tables[table_count].count = count;
    tables[table_count++].arg = arg;
}

void wsub_histograms_forget(const void *arg)
{
    size_t kept = 0;

    for (size_t i = 0; i < table_count; i++)
        if (tables[i].arg == NULL || tables[i].arg != arg)
            tables[kept++] = tables[i];
    table_count = kept;
}

static bool is_bound(const struct wsub_buckets *buckets, size_t i)
{
    return i < WSUB_BUCKETS_MAX && buckets->bounds_us[i] > 0;
}

void wsub_histogram_add(struct wsub_histogram *row, uint64_t us)
{
    size_t i = 0;

    while (is_bound(row->buckets, i) && us > row->buckets->bounds_us[i])
        i++;
    row->counts[i]++;
    row->sum_us += us;
}

static uint64_t count_of(const struct wsub_histogram *row)
{
    uint64_t count = 0;

    for (size_t i = 0; i <= WSUB_BUCKETS_MAX; i++)
        count += row->counts[i];
    return count;
}

static void print_name(struct wsub_buf *out, const struct wsub_histogram *row,
                       const char *suffix)
{
    wsub_buf_printf(out, "%s_%s", row->name, suffix);
    if (row->labels != NULL)
        wsub_buf_printf(out, "{%s}", row->labels);
}

static void print_bucket(struct wsub_buf *out, const struct wsub_histogram *row,
                         size_t i, uint64_t count)
{
    wsub_buf_printf(out, "%s_bucket{%s%sle=\"", row->name,
                    row->labels != NULL ? row->labels : "",
                    row->labels != NULL ? "," : "");
    if (is_bound(row->buckets, i))
        wsub_metric_seconds(out, row->buckets->bounds_us[i]);
    else
        wsub_buf_str(out, "+Inf");
    wsub_buf_printf(out, "\"} %" PRIu64 "\n", count);
}

static void print_row(struct wsub_buf *out, const struct wsub_histogram *row,
                      uint64_t all)
{
    uint64_t count = 0;
    size_t i = 0;

    for (; is_bound(row->buckets, i); i++) {
        count += row->counts[i];
        print_bucket(out, row, i, count);
    }
    print_bucket(out, row, i, all);
    print_name(out, row, "sum");
    wsub_buf_str(out, " ");
    wsub_metric_seconds(out, row->sum_us);
    wsub_buf_str(out, "\n");
    print_name(out, row, "count");
    wsub_buf_printf(out, " %" PRIu64 "\n", all);
}

void wsub_histograms_print(struct wsub_buf *out)
{
    const char *described = "";

    for (size_t t = 0; t < table_count; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct wsub_histogram *row = &tables[t].rows[i];
            uint64_t all = count_of(row);

            if (all == 0 && row->labels != NULL)
                continue;
            if (strcmp(described, row->name) != 0)
                wsub_metric_describe(out, row->name, row->help, "histogram");
            described = row->name;
            print_row(out, row, all);
        }
    }
}

double wsub_buckets_quantile_us(const struct wsub_buckets *buckets,
                                const uint64_t counts[WSUB_BUCKETS_MAX + 1],
                                double share)
{
    uint64_t all = 0;
    double wanted, below = 0, from_us = 0;

    for (size_t i = 0; i <= WSUB_BUCKETS_MAX; i++)
        all += counts[i];
    if (all == 0)
        return 0;
    wanted = share * (double)all;
    for (size_t i = 0; i < WSUB_BUCKETS_MAX && buckets->bounds_us[i] > 0; i++) {
        double to_us = (double)buckets->bounds_us[i], here = (double)counts[i];

        if (here > 0 && below + here >= wanted)
            return from_us + (to_us - from_us) * (wanted - below) / here;
        below += here;
        from_us = to_us;
    }
    return from_us;
}
