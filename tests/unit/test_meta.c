/* test_meta.c - what P:meta means for who reads it. */
#include "common/store/meta.h"

#include "tests/unit/suite.h"

static const struct wsub_meta_reader hub = {.shards = 4, .is_intake = true},
                                     other = {.shards = 4},
                                     mover = {.shards = 4, .is_mover = true};

static const struct {
    const struct wsub_meta_reader *reader;
    const char *format, *shards, *moving, *draining;
    enum wsub_meta_state state;
    const char *sentence;
} cases[] = {
    {&other, "1", "4", NULL, NULL, WSUB_META_FINE, ""},
    {&other, "1", "8", "7", NULL, WSUB_META_SHARDS, ""},
    {&other, "1", "4", "7", "7", WSUB_META_MOVING, "7"},
    {&other, "1", "4", NULL, "7", WSUB_META_FINE, ""},
    {&hub, "1", "4", NULL, "7", WSUB_META_MOVING, "7"},
    {&mover, "1", "4", "7", "7", WSUB_META_FINE, ""},
    {&other, "2", "8", "7", NULL, WSUB_META_UNUSABLE,
     "the data in Redis have format 2, this program reads format 1; use the "
     "matching version"},
    {&other, "1", "many", NULL, NULL, WSUB_META_UNUSABLE,
     "Redis does not tell how many shards it holds (many); use another "
     "key_prefix"},
    {&other, "1", NULL, NULL, NULL, WSUB_META_UNUSABLE,
     "Redis does not tell how many shards it holds (none); use another "
     "key_prefix"},
};

START_TEST(it_is_judged_for_its_reader)
{
    char sentence[256] = "";
    const struct wsub_meta meta = {
        .format = cases[_i].format,
        .shards = cases[_i].shards,
        .moving = cases[_i].moving,
        .draining = cases[_i].draining,
    };

    ck_assert_int_eq(wsub_meta_judge(&meta, cases[_i].reader, sentence),
                     cases[_i].state);
    ck_assert_str_eq(sentence, cases[_i].sentence);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("meta");

    tcase_add_loop_test(all, it_is_judged_for_its_reader, 0, COUNT(cases));
    return suite_run("meta", all);
}
