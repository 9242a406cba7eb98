/* test_index_place.c - places in the indexes of all shards: hub/index_place.h. */
#include "hub/index_place.h"

#include <string.h>

#include "common/http/form.h"
#include "tests/unit/suite.h"

#define FIRST 2
#define LAST 5
#define MEMBER "aaaaaaaaaaaaaaaaaaaaaa:bbbbbbbbbbbbbbbbbbbbbb"

static struct hub_errors errors;
static struct hub_index_place place;

static void read_query(const char *query)
{
    struct wsub_form form;

    ck_assert_int_eq(wsub_form_parse(query, strlen(query), 8, &form), WSUB_OK);
    hub_index_place(&form, FIRST, LAST, &errors, &place);
    wsub_form_done(&form);
}

static const struct {
    const char *query;
    unsigned shard;
    const char *after;
} good[] = {
    {"", FIRST, ""},
    {"from=2:", 2, ""},
    {"from=5:" MEMBER, 5, MEMBER},
    {"from=3:aaaaaaaaaaaaaaaaaaaaaa;", 3, "aaaaaaaaaaaaaaaaaaaaaa;"},
};

START_TEST(a_place_is_read_and_written)
{
    json_t *text;

    read_query(good[_i].query);
    ck_assert_uint_eq(errors.count, 0);
    ck_assert_uint_eq(place.shard, good[_i].shard);
    ck_assert_str_eq(place.after, good[_i].after);
    text = hub_index_place_json(&place);
    if (good[_i].query[0] != '\0')
        ck_assert_str_eq(json_string_value(text),
                         good[_i].query + strlen("from="));
    json_decref(text);
}
END_TEST

static const char *const bad[] = {
    "from=",
    "from=3",
    "from=1:",
    "from=6:",
    "from=x:",
    "from=-3:",
    "from=:",
    "from=99999999999:",
    "from=3:" MEMBER "x",
    "from=3:&from=3:",
};

START_TEST(what_is_no_place_of_these_shards_is_refused)
{
    read_query(bad[_i]);
    ck_assert_uint_eq(errors.count, 1);
    hub_errors_done(&errors);
}
END_TEST

START_TEST(it_moves_from_shard_to_shard)
{
    place = (struct hub_index_place){.shard = 4};
    ck_assert(hub_index_place_move(&place, MEMBER, LAST));
    ck_assert_uint_eq(place.shard, 4);
    ck_assert_str_eq(place.after, MEMBER);
    ck_assert(hub_index_place_move(&place, "", LAST));
    ck_assert_uint_eq(place.shard, 5);
    ck_assert_str_eq(place.after, "");
    ck_assert(!hub_index_place_move(&place, "", LAST));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("index_place");

    tcase_add_loop_test(cases, a_place_is_read_and_written, 0, COUNT(good));
    tcase_add_loop_test(cases, what_is_no_place_of_these_shards_is_refused, 0,
                        COUNT(bad));
    tcase_add_test(cases, it_moves_from_shard_to_shard);
    return suite_run("index_place", cases);
}
