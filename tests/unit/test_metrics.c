/* test_metrics.c - the Prometheus text. */
#include <signal.h>
#include <string.h>

#include "common/base/histogram.h"
#include "common/base/metrics.h"
#include "tests/unit/suite.h"

static struct wsub_metric rows[] = {
    {"websubd_deliveries_total", "Deliveries that ended.", WSUB_COUNTER,
     "outcome=\"ok\"", 3},
    {"websubd_deliveries_total", "Deliveries that ended.", WSUB_COUNTER,
     "outcome=\"retry\"", 0},
    {"websubd_in_flight", "Requests in flight.", WSUB_GAUGE, NULL, 42},
};

static struct wsub_metric more[] = {
    {"websubd_bytes_total", "Bytes sent.", WSUB_COUNTER, NULL, UINT64_MAX},
};

#define ROWS_TEXT                                                              \
    "# HELP websubd_deliveries_total Deliveries that ended.\n"                 \
    "# TYPE websubd_deliveries_total counter\n"                                \
    "websubd_deliveries_total{outcome=\"ok\"} 3\n"                             \
    "websubd_deliveries_total{outcome=\"retry\"} 0\n"                          \
    "# HELP websubd_in_flight Requests in flight.\n"                           \
    "# TYPE websubd_in_flight gauge\n"                                         \
    "websubd_in_flight 42\n"

START_TEST(nothing_registered_prints_nothing)
{
    struct wsub_buf out = {0};

    wsub_metrics_print(&out);
    ck_assert_str_eq(wsub_buf_cstr(&out), "");
    wsub_buf_done(&out);
}
END_TEST

START_TEST(each_name_is_described_once_before_its_rows)
{
    struct wsub_buf out = {0};

    wsub_metrics_register(rows, 3);
    wsub_metrics_register(more, 1);
    wsub_buf_str(&out, "before\n");
    wsub_metrics_print(&out);
    ck_assert_str_eq(wsub_buf_cstr(&out),
                     "before\n" ROWS_TEXT
                     "# HELP websubd_bytes_total Bytes sent.\n"
                     "# TYPE websubd_bytes_total counter\n"
                     "websubd_bytes_total 18446744073709551615\n");
    wsub_buf_done(&out);
}
END_TEST

START_TEST(a_count_shows_in_the_next_print)
{
    struct wsub_buf out = {0};

    wsub_metrics_register(rows, 3);
    wsub_metric_add(&rows[1], 2);
    wsub_metric_set(&rows[2], 7);
    wsub_metrics_print(&out);
    ck_assert_ptr_nonnull(
        strstr(wsub_buf_cstr(&out), "{outcome=\"retry\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(wsub_buf_cstr(&out), "websubd_in_flight 7\n"));
    wsub_buf_done(&out);
}
END_TEST

START_TEST(a_seventeenth_table_is_a_bug)
{
    for (int i = 0; i < 17; i++)
        wsub_metrics_register(more, 1);
}
END_TEST

static void give_samples(struct wsub_metric_samples *samples, void *arg)
{
    const uint64_t *ms = arg;

    for (unsigned i = 0; i < 2; i++)
        wsub_metric_sample(samples, ms[i], "shard=\"%u\"", i);
}

static void give_nothing(struct wsub_metric_samples *samples, void *arg)
{
    (void)samples;
    (void)arg;
}

static void give_one(struct wsub_metric_samples *samples, void *arg)
{
    (void)arg;
    wsub_metric_sample(samples, 5, "of=\"%s\"", "one");
}

START_TEST(a_family_is_asked_for_its_samples)
{
    uint64_t ms[] = {1500, 20};
    struct wsub_metric_family family = {"websubd_oldest_seconds", "Ages.",
                                        WSUB_GAUGE_MS, give_samples, ms};
    struct wsub_metric_family none = {"websubd_none", "None.", WSUB_GAUGE,
                                      give_nothing, ms};
    struct wsub_buf out = {0};

    wsub_metrics_add_family(&family);
    wsub_metrics_add_family(&none);
    wsub_metrics_print(&out);
    ck_assert_str_eq(wsub_buf_cstr(&out),
                     "# HELP websubd_oldest_seconds Ages.\n"
                     "# TYPE websubd_oldest_seconds gauge\n"
                     "websubd_oldest_seconds{shard=\"0\"} 1.5\n"
                     "websubd_oldest_seconds{shard=\"1\"} 0.02\n");
    wsub_buf_done(&out);
}
END_TEST

START_TEST(a_family_is_forgotten_with_what_it_was_added_for)
{
    uint64_t mine[2] = {0}, other = 0;
    struct wsub_metric_family family = {"websubd_mine", "Mine.", WSUB_GAUGE,
                                        give_samples, mine};
    struct wsub_metric_family kept = {"websubd_kept", "Kept.", WSUB_GAUGE,
                                      give_one, &other};
    struct wsub_histogram rows_of_mine[] = {{.name = "websubd_a_seconds",
                                             .help = "A.",
                                             .buckets = &wsub_buckets_call}};
    struct wsub_buf out = {0};

    wsub_metrics_add_family(&family);
    wsub_metrics_add_family(&kept);
    wsub_histograms_register(rows_of_mine, 1, mine);
    wsub_metrics_forget(mine);
    wsub_metrics_print(&out);
    ck_assert_str_eq(wsub_buf_cstr(&out), "# HELP websubd_kept Kept.\n"
                                          "# TYPE websubd_kept gauge\n"
                                          "websubd_kept{of=\"one\"} 5\n");
    wsub_buf_done(&out);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("metrics");

    tcase_add_test(cases, nothing_registered_prints_nothing);
    tcase_add_test(cases, each_name_is_described_once_before_its_rows);
    tcase_add_test(cases, a_count_shows_in_the_next_print);
    tcase_add_test(cases, a_family_is_asked_for_its_samples);
    tcase_add_test(cases, a_family_is_forgotten_with_what_it_was_added_for);
    tcase_add_test_raise_signal(cases, a_seventeenth_table_is_a_bug, SIGABRT);
    return suite_run("metrics", cases);
}
