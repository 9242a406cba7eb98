/* test_http_parts.c - a body that is handed up in parts. */
#include "common/http/parts.h"
#include "http_fixture.h"
#include "suite.h"

#define PART 1000
#define MANY 100000 /* far more than a part, and than max_body_bytes */

/* What became of the one request at a time that a test makes. */
static struct wsub_buf body; /* all parts */
static size_t parts, biggest;
static size_t cuts;
static struct wsub_http_request *held; /* that waits for the test; or NULL */
static bool holds;                     /* parts, from now on */
static size_t respond_at; /* the part with a response; SIZE_MAX: the last */

static void on_part(struct wsub_http_request *req, void *arg);

static void on_cut(void *arg)
{
    ck_assert_ptr_eq(arg, &body);
    cuts++;
}

static void go_on(struct wsub_http_request *req)
{
    static const struct wsub_http_parts next = {on_part, on_cut, &body};

    if (wsub_http_is_last_part(req) || parts == respond_at)
        wsub_http_respond_text(req, 200, "%zu of %s", body.len,
                               or_none(wsub_http_header(req, "x-test")));
    else
        wsub_http_next_part(req, &next);
}

static void on_part(struct wsub_http_request *req, void *arg)
{
    size_t len;
    const char *bytes = wsub_http_body(req, &len);

    ck_assert(arg == &body || parts == 0);
    ck_assert_int_eq(bytes[len], '\0');
    ck_assert(wsub_http_is_last_part(req) || len >= PART);
    wsub_buf_add(&body, bytes, len);
    parts++;
    biggest = len > biggest ? len : biggest;
    if (holds)
        held = req;
    else
        go_on(req);
}

static bool in_parts(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_http_take_parts(req, PART);
    return true;
}

#define LARGE 40000 /* more than what is handed up whatever the budget says */

static bool in_large_parts(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_http_take_parts(req, LARGE);
    return true;
}

static const struct wsub_http_route part_routes[] = {
    {"POST", "/large", on_part, in_large_parts, 0},
    {"POST", "/parts", on_part, in_parts, 0},
    {"POST", "/echo", on_echo, NULL, WSUB_HTTP_BODY_MAX},
    {"GET", "/hello", on_hello, NULL, 0},
    {0},
};

static void set_up_in(uint32_t request_timeout_ms)
{
    struct wsub_http_server_options options = options_of_test();

    options.routes = part_routes;
    options.request_timeout_ms = request_timeout_ms;
    options.max_inflight_bytes = 1 << 20;
    parts = biggest = cuts = 0;
    respond_at = SIZE_MAX;
    held = NULL;
    holds = false;
    start(&options);
}

static void set_up(void)
{
    set_up_in(DEADLINE_MS * 2);
}

static void tear_down(void)
{
    stop();
    wsub_buf_done(&body);
}

static void release(void)
{
    struct wsub_http_request *req = held;

    held = NULL;
    go_on(req);
}

static char pattern(size_t at)
{
    return (char)('a' + at % 23);
}

/* A body of so many bytes, to free. */
static char *make(size_t len)
{
    char *bytes = malloc(len);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern(i);
    return bytes;
}

static void check_body(size_t len)
{
    ck_assert_uint_eq(body.len, len);
    for (size_t i = 0; i < len; i++)
        ck_assert_int_eq(body.data[i], pattern(i));
}

static void give_head(int fd, const char *framing)
{
    struct wsub_buf head = {0};

    wsub_buf_printf(&head,
                    "POST /parts HTTP/1.1\r\nHost: a\r\nX-Test: kept\r\n%s"
                    "\r\n\r\n",
                    framing);
    give(fd, wsub_buf_cstr(&head));
    wsub_buf_done(&head);
}

static void give_length(int fd, size_t len)
{
    char framing[64];

    snprintf(framing, sizeof(framing), "Content-Length: %zu", len);
    give_head(fd, framing);
}

/* Sends a whole request, in pieces of `piece` bytes. */
static void give_all(int fd, size_t len, size_t piece)
{
    char *bytes = make(len);

    give_length(fd, len);
    for (size_t at = 0; at < len; at += piece)
        give_bytes(fd, bytes + at, len - at < piece ? len - at : piece);
    free(bytes);
}

static void give_chunks(int fd, size_t len, size_t chunk)
{
    char *bytes = make(len), size[32];

    give_head(fd, "Transfer-Encoding: chunked");
    for (size_t at = 0; at < len; at += chunk) {
        size_t n = len - at < chunk ? len - at : chunk;

        snprintf(size, sizeof(size), "%zx\r\n", n);
        give(fd, size);
        give_bytes(fd, bytes + at, n);
        give(fd, "\r\n");
    }
    give(fd, "0\r\n\r\n");
    free(bytes);
}

static void check_response(int fd, size_t len)
{
    struct wsub_buf in = {0}, text = {0};
    char want[64];

    snprintf(want, sizeof(want), "\r\n\r\n%zu of kept\n", len);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, want));
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}

START_TEST(a_body_of_any_size_comes_in_parts)
{
    static const size_t sizes[] = {0, 1, PART - 1, PART, PART + 1, MANY};
    size_t len = sizes[_i];
    int fd = dial();

    for (size_t piece = 1; piece <= MANY; piece = piece * 9 + 7) {
        if (len / piece > 300)
            continue;
        wsub_buf_clear(&body);
        parts = 0;
        give_all(fd, len, piece);
        check_response(fd, len);
        check_body(len);
        ck_assert(len < MANY || parts > 1);
    }
    ck_assert_uint_lt(biggest, PART + 65536);
    give(fd, HELLO); /* on the same connection */
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
}
END_TEST

START_TEST(so_does_one_in_chunks)
{
    static const size_t chunks[] = {1, 7, PART, PART + 1, MANY};
    size_t len = chunks[_i] < 7 ? 3 * PART : MANY;
    int fd = dial();

    give_chunks(fd, len, chunks[_i]);
    check_response(fd, len);
    check_body(len);
    ck_assert_uint_gt(parts, 1);
    give(fd, HELLO);
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
}
END_TEST

START_TEST(what_comes_behind_it_is_the_next_request)
{
    struct wsub_buf in = {0}, text = {0};
    char *bytes = make(MANY);
    int fd = dial();

    give_length(fd, MANY);
    give_bytes(fd, bytes, MANY);
    give(fd, HELLO);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "hello"));
    check_body(MANY);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    free(bytes);
    close(fd);
}
END_TEST

/* As one whose handler asks Redis first; the client is not read meanwhile. */
START_TEST(a_handler_may_take_its_time_with_a_part)
{
    char *bytes = make(MANY);
    int fd = dial();
    size_t at = 0;

    holds = true;
    give_length(fd, MANY);
    while (at < MANY || held != NULL) {
        ssize_t n = at < MANY ? send(fd, bytes + at, MANY - at,
                                     MSG_NOSIGNAL | MSG_DONTWAIT)
                              : 0;

        at += n > 0 ? (size_t)n : 0;
        turn_some();
        if (held != NULL)
            release();
    }
    check_response(fd, MANY);
    check_body(MANY);
    ck_assert_uint_eq(cuts, 0);
    free(bytes);
    close(fd);
}
END_TEST

/* A part that waits for its share of what handlers may have. */
START_TEST(a_part_that_waits_stays_as_it_is)
{
    char *bytes = make(MANY), head[128];
    int one = dial(), other = dial();

    holds = true;
    snprintf(head, sizeof(head),
             "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             2 * LARGE);
    give(one, head);
    give_bytes(one, bytes, LARGE);
    WAIT_FOR(base, held != NULL);
    wsub_buf_clear(&body);
    parts = 0;
    holds = false;
    give(other, "POST /large HTTP/1.1\r\nHost: a\r\nX-Test: kept\r\n"
                "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < MANY; at += 10000) { /* the kernel takes them */
        give(other, "2710\r\n");
        give_bytes(other, bytes + at, 10000);
        give(other, "\r\n");
    }
    give(other, "0\r\n\r\n");
    turn_some();
    ck_assert_uint_eq(parts, 0);
    slam(one);
    turn_some();
    release();
    ck_assert_uint_eq(cuts, 1);
    check_response(other, MANY);
    check_body(MANY);
    free(bytes);
    close(other);
}
END_TEST

START_TEST(a_response_before_the_end_closes_the_connection)
{
    struct wsub_buf in = {0}, text = {0};
    char *bytes = make(MANY);
    int fd = dial();

    respond_at = 2;
    give_length(fd, MANY);
    give_bytes(fd, bytes, MANY);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "Connection: close"));
    ck_assert(is_ended(fd));
    ck_assert_uint_eq(cuts, 0);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    free(bytes);
    close(fd);
}
END_TEST

static void give_some(int fd)
{
    char *bytes = make(PART + 10);

    give_length(fd, MANY);
    give_bytes(fd, bytes, PART + 10);
    free(bytes);
}

START_TEST(a_client_that_goes_between_parts_is_told_of)
{
    int fd = dial();

    give_some(fd);
    WAIT_FOR(base, parts == 1);
    if (_i == 0)
        close(fd);
    else
        slam(fd);
    WAIT_FOR(base, cuts == 1);
    ck_assert_uint_eq(parts, 1);
    drain_and_wait();
}
END_TEST

START_TEST(a_client_that_goes_while_a_part_is_handled_is_told_of_behind_it)
{
    int fd = dial();

    holds = true;
    give_some(fd);
    WAIT_FOR(base, held != NULL);
    slam(fd);
    turn_some();
    ck_assert_uint_eq(cuts, 0);
    release();
    WAIT_FOR(base, cuts == 1);
    drain_and_wait();
}
END_TEST

START_TEST(a_server_that_ends_between_parts_tells_of_it)
{
    int fd = dial();

    give_some(fd);
    WAIT_FOR(base, parts == 1);
    wsub_http_server_free(server);
    server = NULL;
    ck_assert_uint_eq(cuts, 1);
    close(fd);
}
END_TEST

START_TEST(a_server_that_ends_while_a_part_is_handled_tells_of_it_behind_it)
{
    int fd = dial();

    holds = true;
    give_some(fd);
    WAIT_FOR(base, held != NULL);
    wsub_http_server_free(server);
    server = NULL;
    ck_assert_uint_eq(cuts, 0);
    release();
    ck_assert_uint_eq(cuts, 1);
    close(fd);
}
END_TEST

START_TEST(a_chunk_that_is_none_ends_it)
{
    int fd = dial();

    give_head(fd, "Transfer-Encoding: chunked");
    give(fd, "5dc\r\n");
    give_bytes(fd, memset((char[1500]){0}, 'a', 1500), 1500);
    WAIT_FOR(base, parts == 1);
    give(fd, "\r\nno size\r\n");
    ck_assert_int_eq(take_status(fd), 400);
    ck_assert(is_ended(fd));
    close(fd);
    WAIT_FOR(base, cuts == 1);
}
END_TEST

/* Each has the time of a whole request: one that takes longer than that is fine as
 * long as its parts come. */
START_TEST(a_client_that_stalls_is_too_slow)
{
    uint64_t began_ms;
    char *bytes = make(PART);
    int fd;

    tear_down();
    set_up_in(1000);
    fd = dial();
    began_ms = wsub_now_ms();
    give_length(fd, 1 << 30);
    while (wsub_now_ms() - began_ms < 1500) {
        size_t before = parts;

        give_bytes(fd, bytes, PART);
        WAIT_FOR(base, parts > before);
    }
    ck_assert_uint_eq(cuts, 0);
    ck_assert_int_eq(take_status(fd), 408);
    ck_assert(is_ended(fd));
    close(fd);
    WAIT_FOR(base, cuts == 1);
    free(bytes);
}
END_TEST

START_TEST(who_waits_for_100_is_told_once)
{
    struct wsub_buf in = {0};
    char *bytes = make(MANY);
    int fd = dial();

    give_head(fd, "Content-Length: 100000\r\nExpect: 100-continue");
    while (strstr(wsub_buf_cstr(&in), "100 Continue\r\n\r\n") == NULL)
        ck_assert(wait_more(fd, &in));
    for (size_t at = 0; at < MANY;
         at += PART) { /* the parts end with the bytes */
        give_bytes(fd, bytes + at, PART);
        turn_some();
    }
    check_response(fd, MANY);
    check_body(MANY);
    wsub_buf_done(&in);
    free(bytes);
    close(fd);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_parts");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_body_of_any_size_comes_in_parts, 0, 6);
    tcase_add_loop_test(tcase, so_does_one_in_chunks, 0, 5);
    tcase_add_test(tcase, what_comes_behind_it_is_the_next_request);
    tcase_add_test(tcase, a_handler_may_take_its_time_with_a_part);
    tcase_add_test(tcase, a_part_that_waits_stays_as_it_is);
    tcase_add_test(tcase, a_response_before_the_end_closes_the_connection);
    tcase_add_loop_test(tcase, a_client_that_goes_between_parts_is_told_of, 0,
                        2);
    tcase_add_test(
        tcase, a_client_that_goes_while_a_part_is_handled_is_told_of_behind_it);
    tcase_add_test(tcase, a_server_that_ends_between_parts_tells_of_it);
    tcase_add_test(
        tcase,
        a_server_that_ends_while_a_part_is_handled_tells_of_it_behind_it);
    tcase_add_test(tcase, a_chunk_that_is_none_ends_it);
    tcase_add_test(tcase, who_waits_for_100_is_told_once);
    tcase_add_test(tcase, a_client_that_stalls_is_too_slow);
    return suite_run("http_parts", tcase);
}
