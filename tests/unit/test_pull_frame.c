/* test_pull_frame.c - events as Server-Sent Events and as messages:
 * hub/pull/frame.h and hub/pull/message.h. */
#include "hub/pull/frame.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/base/mem.h"
#include "hub/pull/message.h"
#include "tests/unit/suite.h"

#define HEAD "id: 3-7-1\nevent: a.b\n"
#define LARGE_BYTES 7340033 /* several pieces, and one byte */

static char text_type[] = "text/plain", topic[] = "a.b", brotli[] = "br";
static char empty_config[] = "";

static struct hub_pull_event *event_of(const char *body, size_t len,
                                       const char *coding)
{
    const struct wsub_config config = {.topic_allow = empty_config,
                                       .topic_deny = empty_config};
    struct hub_pull_event *event =
        hub_pull_event_new(&config, &(struct wsub_pull_event){
                                        .place = {3, 7, 1},
                                        .topic = topic,
                                        .content_type = text_type,
                                        .content_coding = coding,
                                        .body = body,
                                        .body_bytes = len,
                                    });

    ck_assert_ptr_nonnull(event);
    return event;
}

static const struct {
    const char *body, *data;
} lines[] = {
    {"", "data: \n\n"},
    {"one", "data: one\n\n"},
    {"one\n", "data: one\ndata: \n\n"},
    {"\n", "data: \ndata: \n\n"},
    {"one\ntwo", "data: one\ndata: two\n\n"},
    {"one\r\ntwo", "data: one\ndata: two\n\n"},
    {"one\rtwo", "data: one\ndata: two\n\n"},
    {"one\r\n", "data: one\ndata: \n\n"},
    {"one\r", "data: one\ndata: \n\n"},
    {"\r\r\n\n", "data: \ndata: \ndata: \ndata: \n\n"},
    {" data: x", "data:  data: x\n\n"},
    {"id: 9\n\nevent: y", "data: id: 9\ndata: \ndata: event: y\n\n"},
};

START_TEST(each_line_of_a_body_is_a_field)
{
    struct hub_pull_event *event =
        event_of(lines[_i].body, strlen(lines[_i].body), NULL);
    struct wsub_buf expected = {0};

    wsub_buf_printf(&expected, "%s%s", HEAD, lines[_i].data);
    ck_assert_str_eq(hub_pull_frame(event)->data, expected.data);
    ck_assert_ptr_eq(hub_pull_frame(event), &event->frame);
    wsub_buf_done(&expected);
    hub_pull_event_drop(event);
}
END_TEST

START_TEST(what_is_no_text_is_in_base64)
{
    static const struct {
        const char *body, *coding, *data;
    } cases[] = {
        {"\xff", NULL, "/w=="},
        {"\xc3", NULL, "ww=="},
        {"\xed\xa0\x80", NULL, "7aCA"},
        {"text", brotli, "dGV4dA=="},
        {"", brotli, ""},
    };

    for (int i = 0; i < COUNT(cases); i++) {
        struct hub_pull_event *event =
            event_of(cases[i].body, strlen(cases[i].body), cases[i].coding);
        struct wsub_buf expected = {0};

        wsub_buf_printf(&expected, "id: 3-7-1\nevent: a.b;base64\ndata: %s\n\n",
                        cases[i].data);
        ck_assert_str_eq(hub_pull_frame(event)->data, expected.data);
        wsub_buf_done(&expected);
        hub_pull_event_drop(event);
    }
}
END_TEST

START_TEST(a_gap_says_how_many)
{
    struct wsub_buf out = {0};

    hub_pull_frame_gap(&out, UINT64_MAX);
    ck_assert_str_eq(out.data,
                     "event: gap\ndata: {\"missed\":18446744073709551615}\n\n");
    wsub_buf_done(&out);
}
END_TEST

/* By what OpenSSL makes of the whole. */
static void check_base64(size_t len)
{
    char *body = wsub_calloc(1, len + 1);
    unsigned char *expected = wsub_calloc(1, len / 3 * 4 + 5);
    struct wsub_buf out = {0};
    struct hub_pull_event *event;

    for (size_t i = 0; i < len; i++)
        body[i] = (char)(i * 7 + i / 251);
    EVP_EncodeBlock(expected, (unsigned char *)body, (int)len);
    event = event_of(body, len, brotli);
    hub_pull_base64(event, &out);
    ck_assert(strcmp(wsub_buf_cstr(&out), (char *)expected) == 0);
    ck_assert_uint_eq(out.len, strlen((char *)expected));
    wsub_buf_done(&out);
    hub_pull_event_drop(event);
    free(expected);
    free(body);
}

START_TEST(base64_of_all_lengths_is_whole)
{
    for (size_t len = 0; len < 10; len++)
        check_base64(len);
    for (size_t len = LARGE_BYTES - 3; len <= LARGE_BYTES; len++)
        check_base64(len);
    for (size_t len = 3145728 - 1; len <= 3145728 + 1; len++)
        check_base64(len);
}
END_TEST

START_TEST(a_message_is_a_string_or_an_object)
{
    static const char nul[] = "a\0b";
    struct hub_pull_event *event = event_of(nul, 3, NULL);
    json_t *message = hub_pull_message(event, false);

    ck_assert_uint_eq(json_string_length(message), 3);
    json_decref(message);
    hub_pull_event_drop(event);
    event = event_of("x", 1, brotli);
    message = hub_pull_message(event, true);
    ck_assert_str_eq(json_string_value(json_object_get(message, "data")),
                     "eA==");
    ck_assert_str_eq(json_string_value(json_object_get(message, "encoding")),
                     "base64");
    ck_assert_str_eq(
        json_string_value(json_object_get(message, "contentEncoding")), "br");
    ck_assert_str_eq(json_string_value(json_object_get(message, "id")),
                     "3-7-1");
    json_decref(message);
    hub_pull_event_drop(event);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull frame");

    tcase_add_loop_test(cases, each_line_of_a_body_is_a_field, 0, COUNT(lines));
    tcase_add_test(cases, what_is_no_text_is_in_base64);
    tcase_add_test(cases, a_gap_says_how_many);
    tcase_add_test(cases, base64_of_all_lengths_is_whole);
    tcase_add_test(cases, a_message_is_a_string_or_an_object);
    return suite_run("pull frame", cases);
}
