#include "hub/filter.h"

#include <string.h>

#include "tests/unit/suite.h"

static const struct hub_filter_row rows[] = {
    {"topic", "topic", HUB_FILTER_TOPIC, {NULL}},
    {"callback", "callback", HUB_FILTER_CALLBACK, {NULL}},
    {"host", "callback", HUB_FILTER_HOST, {NULL}},
    {"state", "state", HUB_FILTER_SAME, {"one", "two", "three", NULL}},
    {"owner", "owner", HUB_FILTER_SAME, {NULL}},
    {"why", "why", HUB_FILTER_BEGINS, {NULL}},
    {"shard", "shard", HUB_FILTER_NUMBER, {NULL}},
    {"deleted", "deleted", HUB_FILTER_SWITCH, {"true", "false", NULL}},
    {"queue", NULL, HUB_FILTER_FILLED, {NULL}},
    {0},
};

static struct hub_filter *filter_of(const char *query,
                                    struct hub_errors *errors)
{
    struct wsub_form form;
    struct hub_filter *filter;

    ck_assert_int_eq(wsub_form_parse(query, strlen(query), 16, &form), WSUB_OK);
    filter = hub_filter_new(&form, rows, errors);
    wsub_form_done(&form);
    return filter;
}

static const char row[] =
    "{\"topic\": \"Orders.Created\", \"callback\": "
    "\"https://A.example/%41\","
    " \"state\": \"one\", \"owner\": null, \"why\": \"status 500\", \"shard\": "
    "7,"
    " \"dead\": {\"entries\": 2}, \"held\": {\"entries\": 0}}";

static const struct {
    const char *query;
    bool wants;
} cases[] = {
    {"", true},
    {"topic=orders.CREATED", true},
    {"topic=orders", false},
    {"callback=https://A.example/%2541", true},
    {"callback=https://a.example/B", false},
    {"host=A.EXAMPLE", true},
    {"host=b.example", false},
    {"state=one", true},
    {"state=two", false},
    {"owner=", true},
    {"owner=somebody", false},
    {"why=status", true},
    {"why=500", false},
    {"shard=7", true},
    {"shard=70", false},
    {"deleted=true", false},
    {"deleted=false", true},
    {"queue=dead", true},
    {"queue=held", false},
    {"queue=none", false},
    {"state=one&shard=7&why=status", true},
    {"state=one&shard=8&why=status", false},
};

START_TEST(a_row_is_wanted_when_it_matches_all_that_is_asked_for)
{
    struct hub_errors errors = {0};
    struct hub_filter *filter = filter_of(cases[_i].query, &errors);
    json_t *json = json_loads(row, 0, NULL), *list = json_array();

    ck_assert_uint_eq(errors.count, 0);
    ck_assert_msg(hub_filter_wants(filter, json) == cases[_i].wants, "%s",
                  cases[_i].query);
    json_array_append(list, json);
    json_array_append(list, json);
    hub_filter_apply(filter, list);
    ck_assert_uint_eq(json_array_size(list), cases[_i].wants ? 2 : 0);
    json_decref(list);
    json_decref(json);
    hub_filter_free(filter);
}
END_TEST

static const struct {
    const char *query, *detail;
} faults[] = {
    {"topic=a..b", "topic must be a topic."},
    {"callback=a", "callback must be an absolute http or https URL."},
    {"host=a:1", "host must be the name or address of a host, without a port."},
    {"state=four", "state must be one, two or three."},
    {"deleted=", "deleted must be true or false."},
    {"shard=x", "shard must be a number."},
    {"shard=1234567890", "shard must be a number."},
    {"why=a&why=b", "why is given more than once."},
};

START_TEST(a_wrong_value_is_named)
{
    struct hub_errors errors = {0};
    struct hub_filter *filter = filter_of(faults[_i].query, &errors);

    ck_assert_uint_eq(errors.count, 1);
    ck_assert_str_eq(errors.list[0].detail, faults[_i].detail);
    hub_errors_done(&errors);
    hub_filter_free(filter);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("filter");

    tcase_add_loop_test(tcase,
                        a_row_is_wanted_when_it_matches_all_that_is_asked_for,
                        0, COUNT(cases));
    tcase_add_loop_test(tcase, a_wrong_value_is_named, 0, COUNT(faults));
    return suite_run("filter", tcase);
}
