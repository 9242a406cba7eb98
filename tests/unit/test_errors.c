#include "hub/errors.h"

#include <jansson.h>

#include "tests/unit/suite.h"

START_TEST(errors_are_told_in_the_order_of_the_protocol)
{
    struct hub_errors errors = {0};

    hub_errors_add(&errors, HUB_FAULT_SECRET, "hub.secret", "long");
    hub_errors_add(&errors, HUB_FAULT_MISSING, "hub.topic", "first");
    hub_errors_add(&errors, HUB_FAULT_CALLBACK, "hub.callback", "bad");
    hub_errors_add(&errors, HUB_FAULT_MISSING, "hub.url", "second");
    hub_errors_add(&errors, HUB_FAULT_MODE, "hub.mode", "mode");
    ck_assert_uint_eq(errors.count, 5);
    ck_assert_str_eq(errors.list[0].detail, "mode");
    ck_assert_str_eq(errors.list[1].detail, "first");
    ck_assert_str_eq(errors.list[2].detail, "second");
    ck_assert_str_eq(errors.list[3].detail, "bad");
    ck_assert_str_eq(errors.list[4].detail, "long");
    hub_errors_done(&errors);
    ck_assert_uint_eq(errors.count, 0);
}
END_TEST

START_TEST(json_names_status_code_title_detail_and_source)
{
    struct hub_errors errors = {0};
    struct wsub_buf out = {0};

    hub_errors_add(&errors, HUB_FAULT_TOPIC, "hub.topic", "It has %d faults.",
                   2);
    hub_errors_json(&errors, &out);
    ck_assert_str_eq(out.data, "{\"errors\":[{\"status\":400,"
                               "\"code\":\"topic-validation-error\","
                               "\"title\":\"Invalid topic\","
                               "\"detail\":\"It has 2 faults.\","
                               "\"source\":{\"parameter\":\"hub.topic\"}}]}");
    ck_assert_int_eq(hub_errors_status(&errors), 400);
    wsub_buf_done(&out);
    hub_errors_done(&errors);
}
END_TEST

static const struct {
    enum hub_fault fault;
    int status;
    const char *code;
} faults[] = {
    {HUB_FAULT_PATH, 404, "not-found"},
    {HUB_FAULT_METHOD, 405, "method-not-allowed"},
    {HUB_FAULT_MEDIA_TYPE, 415, "unsupported-media-type"},
    {HUB_FAULT_REQUEST, 400, "bad-request"},
    {HUB_FAULT_MODE, 400, "unknown-mode-error"},
    {HUB_FAULT_TOKEN, 401, "unauthorized"},
    {HUB_FAULT_CLOSED, 403, "forbidden"},
    {HUB_FAULT_MISSING, 400, "missing-attributes-error"},
    {HUB_FAULT_TOPIC, 400, "topic-validation-error"},
    {HUB_FAULT_CALLBACK, 400, "callback-url-validation-error"},
    {HUB_FAULT_LEASE, 400, "lease-seconds-validation-error"},
    {HUB_FAULT_SECRET, 400, "secret-validation-error"},
    {HUB_FAULT_ORDERED, 400, "ordered-validation-error"},
    {HUB_FAULT_SIGNATURE, 400, "signature-validation-error"},
    {HUB_FAULT_HEADERS, 400, "headers-validation-error"},
    {HUB_FAULT_VERIFY_TOKEN, 400, "verify-token-validation-error"},
    {HUB_FAULT_REASON, 400, "reason-validation-error"},
    {HUB_FAULT_IDEMPOTENCY_KEY, 400, "idempotency-key-validation-error"},
    {HUB_FAULT_NOT_FOUND, 404, "not-found"},
    {HUB_FAULT_GONE, 410, "gone"},
    {HUB_FAULT_CONFLICT, 409, "conflict"},
    {HUB_FAULT_TOO_MANY, 429, "too-many-requests"},
    {HUB_FAULT_UNAVAILABLE, 503, "service-unavailable"},
};

START_TEST(each_fault_has_its_status_and_code)
{
    struct hub_errors errors = {0};
    struct wsub_buf out = {0};
    json_t *root, *error;

    hub_errors_add(&errors, faults[_i].fault, NULL, "x");
    hub_errors_json(&errors, &out);
    root = json_loads(out.data, 0, NULL);
    error = json_array_get(json_object_get(root, "errors"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(error, "status")),
                     faults[_i].status);
    ck_assert_str_eq(json_string_value(json_object_get(error, "code")),
                     faults[_i].code);
    ck_assert_ptr_nonnull(json_object_get(error, "title"));
    ck_assert_ptr_null(json_object_get(error, "source"));
    json_decref(root);
    wsub_buf_done(&out);
    hub_errors_done(&errors);
}
END_TEST

START_TEST(every_fault_is_in_the_table_above)
{
    ck_assert_int_eq(COUNT(faults), HUB_FAULT_MAX_);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("errors");

    tcase_add_test(cases, errors_are_told_in_the_order_of_the_protocol);
    tcase_add_test(cases, json_names_status_code_title_detail_and_source);
    tcase_add_loop_test(cases, each_fault_has_its_status_and_code, 0,
                        COUNT(faults));
    tcase_add_test(cases, every_fault_is_in_the_table_above);
    return suite_run("errors", cases);
}
