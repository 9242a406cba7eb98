/* fuzz_lane_entry.c - entries of lanes, as Redis has them:
 * deliver/lane_entry.h.  A line is the name or the value of a field. */
#include "deliver/lane_entry.h"

#include <hiredis/hiredis.h>

#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 32

static void check(const struct deliver_lane_entry *entry)
{
    char target[DELIVER_TARGET_MAX];

    FUZZ_CHECK(entry->target_count > 0);
    FUZZ_CHECK(entry->target_count <= DELIVER_BUNDLE_MAX);
    for (unsigned i = 0; i < entry->target_count; i++) {
        deliver_target_write(entry->targets[i].cd, entry->targets[i].level,
                             entry->targets[i].is_replay, target);
        FUZZ_CHECK(strlen(target) >= WSUB_DIGEST_LEN);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    redisReply words[WORDS_MAX] = {0}, *list[WORDS_MAX];
    redisReply fields = {.type = REDIS_REPLY_ARRAY, .element = list};
    struct deliver_lane_entry entry;

    while (size > 0 && fields.elements < WORDS_MAX) {
        redisReply *word = &words[fields.elements];

        word->type = REDIS_REPLY_STRING;
        word->str = fuzz_line(&data, &size);
        word->len = strlen(word->str);
        list[fields.elements++] = word;
    }
    if (deliver_lane_entry_parse(&fields, &entry))
        check(&entry);
    for (size_t i = 0; i < fields.elements; i++)
        free(words[i].str);
    return 0;
}
