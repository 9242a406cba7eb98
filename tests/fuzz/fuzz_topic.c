/* fuzz_topic.c - topics of all uses, and their levels: common/store/topic.h.
 *
 * A normal spelling is its own normal spelling, and the levels end with `*`. */
#include "common/store/topic.h"

#include "tests/fuzz/fuzz.h"

static void check_levels(const char *topic)
{
    char digest[WSUB_DIGEST_LEN + 1];
    int level = 0, count = 1;

    do
        wsub_topic_level(topic, level, digest);
    while (wsub_topic_next_level(topic, &level) && count++ < 4096);
    FUZZ_CHECK(count <= wsub_topic_levels(topic) + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    for (int use = 0; use <= WSUB_TOPIC_ANNOUNCE; use++) {
        struct wsub_buf normal = {0}, again = {0};
        struct wsub_url url;

        if (wsub_topic_parse(text, (enum wsub_topic_use)use, &normal, &url) ==
            NULL) {
            const char *topic = wsub_buf_cstr(&normal);

            FUZZ_CHECK(wsub_topic_parse(topic, (enum wsub_topic_use)use, &again,
                                        &url) == NULL);
            FUZZ_CHECK(strcmp(wsub_buf_cstr(&again), topic) == 0);
            if (use != WSUB_TOPIC_SUBSCRIBE)
                check_levels(topic);
        }
        wsub_buf_done(&normal);
        wsub_buf_done(&again);
    }
    free(text);
    return 0;
}
