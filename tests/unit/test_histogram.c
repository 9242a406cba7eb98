/* test_histogram.c - how long things take, as Prometheus text. */
#include "common/base/histogram.h"

#include <string.h>

#include "tests/unit/suite.h"

static const struct wsub_buckets few = {{1000, 2500000}};

static struct wsub_histogram rows[] = {
    {.name = "websubd_t_seconds", .help = "T.", .buckets = &few},
};

static struct wsub_histogram labelled[] = {
    {.name = "websubd_l_seconds",
     .help = "L.",
     .labels = "to=\"a\"",
     .buckets = &few},
    {.name = "websubd_l_seconds",
     .help = "L.",
     .labels = "to=\"b\"",
     .buckets = &few},
};

static void check(const char *expected)
{
    struct wsub_buf out = {0};

    wsub_histograms_print(&out);
    ck_assert_str_eq(wsub_buf_cstr(&out), expected);
    wsub_buf_done(&out);
}

START_TEST(buckets_add_up)
{
    wsub_histograms_register(rows, 1, NULL);
    wsub_histogram_add(&rows[0], 0);
    wsub_histogram_add(&rows[0], 1000);
    wsub_histogram_add(&rows[0], 1001);
    wsub_histogram_add(&rows[0], 90000000);
    check("# HELP websubd_t_seconds T.\n"
          "# TYPE websubd_t_seconds histogram\n"
          "websubd_t_seconds_bucket{le=\"0.001\"} 2\n"
          "websubd_t_seconds_bucket{le=\"2.5\"} 3\n"
          "websubd_t_seconds_bucket{le=\"+Inf\"} 4\n"
          "websubd_t_seconds_sum 90.002001\n"
          "websubd_t_seconds_count 4\n");
}
END_TEST

START_TEST(a_row_with_labels_shows_once_something_was_observed)
{
    wsub_histograms_register(labelled, 2, NULL);
    check("");
    wsub_histogram_add(&labelled[1], 2000000);
    check("# HELP websubd_l_seconds L.\n"
          "# TYPE websubd_l_seconds histogram\n"
          "websubd_l_seconds_bucket{to=\"b\",le=\"0.001\"} 0\n"
          "websubd_l_seconds_bucket{to=\"b\",le=\"2.5\"} 1\n"
          "websubd_l_seconds_bucket{to=\"b\",le=\"+Inf\"} 1\n"
          "websubd_l_seconds_sum{to=\"b\"} 2\n"
          "websubd_l_seconds_count{to=\"b\"} 1\n");
}
END_TEST

START_TEST(a_row_without_labels_shows_from_the_beginning)
{
    wsub_histograms_register(rows, 1, NULL);
    check("# HELP websubd_t_seconds T.\n"
          "# TYPE websubd_t_seconds histogram\n"
          "websubd_t_seconds_bucket{le=\"0.001\"} 0\n"
          "websubd_t_seconds_bucket{le=\"2.5\"} 0\n"
          "websubd_t_seconds_bucket{le=\"+Inf\"} 0\n"
          "websubd_t_seconds_sum 0\n"
          "websubd_t_seconds_count 0\n");
}
END_TEST

START_TEST(a_quantile_lies_within_its_bucket)
{
    uint64_t none[WSUB_BUCKETS_MAX + 1] = {0};
    uint64_t some[WSUB_BUCKETS_MAX + 1] = {10, 10};
    uint64_t above[WSUB_BUCKETS_MAX + 1] = {[WSUB_BUCKETS_MAX] = 1};

    ck_assert_double_eq(wsub_buckets_quantile_us(&few, none, 0.5), 0);
    ck_assert_double_eq(wsub_buckets_quantile_us(&few, some, 0.25), 500);
    ck_assert_double_eq(wsub_buckets_quantile_us(&few, some, 0.5), 1000);
    ck_assert_double_eq(wsub_buckets_quantile_us(&few, some, 1), 2500000);
    ck_assert_double_eq(wsub_buckets_quantile_us(&few, above, 0.5), 2500000);
}
END_TEST

START_TEST(the_bounds_of_our_buckets_rise)
{
    const struct wsub_buckets *all[] = {&wsub_buckets_call, &wsub_buckets_wait};

    for (size_t b = 0; b < 2; b++)
        for (size_t i = 1; i < WSUB_BUCKETS_MAX; i++)
            ck_assert_uint_gt(all[b]->bounds_us[i], all[b]->bounds_us[i - 1]);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("histogram");

    tcase_add_test(cases, buckets_add_up);
    tcase_add_test(cases, a_row_with_labels_shows_once_something_was_observed);
    tcase_add_test(cases, a_row_without_labels_shows_from_the_beginning);
    tcase_add_test(cases, a_quantile_lies_within_its_bucket);
    tcase_add_test(cases, the_bounds_of_our_buckets_rise);
    return suite_run("histogram", cases);
}
