/* test_fair_share.c - who takes which shards, by common/cluster/fair_share.h. */
#include "common/cluster/fair_share.h"

#include <string.h>

#include "tests/unit/suite.h"

#define SHARDS 8

static const struct {
    size_t shards, spreaders, share;
} shares[] = {{8, 0, 8}, {8, 1, 8},     {8, 3, 3},      {8, 8, 1},
              {8, 9, 1}, {256, 16, 16}, {1024, 7, 147}, {1, 5, 1}};

START_TEST(the_share_is_rounded_up)
{
    ck_assert_uint_eq(wsub_fair_share(shares[_i].shards, shares[_i].spreaders),
                      shares[_i].share);
}
END_TEST

/* One letter a shard: free, mine, others'. */
static void read_views(const char *text, enum wsub_shard_view views[SHARDS])
{
    for (size_t i = 0; i < SHARDS; i++)
        views[i] = text[i] == 'f'   ? WSUB_SHARD_FREE
                   : text[i] == 'm' ? WSUB_SHARD_MINE
                                    : WSUB_SHARD_OTHERS;
}

static const struct {
    const char *views;
    size_t share, first;
    const char *claims; /* a digit each */
    int surplus;
} cases_of[] = {
    {"ffffffff", 8, 0, "01234567", -1}, {"ffffffff", 3, 6, "670", -1},
    {"mfofofof", 3, 0, "13", -1},       {"mmmfffff", 3, 0, "", -1},
    {"oooooooo", 3, 0, "", -1},         {"mmmmoooo", 3, 0, "", 3},
    {"mmmmmmmm", 3, 0, "", 7},          {"ommoommf", 4, 0, "", -1},
    {"fomoooof", 3, 7, "70", -1},
};

START_TEST(missing_shards_are_claimed_and_surplus_ones_handed_over)
{
    enum wsub_shard_view views[SHARDS];
    unsigned claims[SHARDS];
    char text[SHARDS + 1] = "";
    size_t count;

    read_views(cases_of[_i].views, views);
    count = wsub_fair_share_claims(views, SHARDS, cases_of[_i].share,
                                   cases_of[_i].first, claims);
    for (size_t i = 0; i < count; i++)
        text[i] = (char)('0' + claims[i]);
    ck_assert_str_eq(text, cases_of[_i].claims);
    ck_assert_int_eq(wsub_fair_share_surplus(views, SHARDS, cases_of[_i].share),
                     cases_of[_i].surplus);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("fair_share");

    tcase_add_loop_test(cases, the_share_is_rounded_up, 0, COUNT(shares));
    tcase_add_loop_test(cases,
                        missing_shards_are_claimed_and_surplus_ones_handed_over,
                        0, COUNT(cases_of));
    return suite_run("fair_share", cases);
}
