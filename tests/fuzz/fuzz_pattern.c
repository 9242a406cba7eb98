/* fuzz_pattern.c - patterns: common/base/pattern.h, common/http/subject.h,
 * hash_rules.h.
 *
 *   PATTERNS LINE-END SUBJECT
 *
 * A pattern matches what a plain definition of it says. */
#include "common/base/pattern.h"

#include "common/http/hash_rules.h"
#include "common/http/subject.h"
#include "tests/fuzz/fuzz.h"

#define PLAIN_MAX 64 /* the plain way's time is quadratic */

/* Whether `pattern` matches, by a row of matched[i][j] after the other. */
static bool plain(const char *pattern, const char *subject)
{
    bool row[PLAIN_MAX + 1] = {true};
    size_t subject_len = strlen(subject);

    for (; *pattern != '\0'; pattern++) {
        bool before = row[0];

        row[0] = row[0] && *pattern == '*';
        for (size_t j = 1; j <= subject_len; j++) {
            bool was = row[j];

            row[j] = *pattern == '*' ? was || row[j - 1]
                                     : before && *pattern == subject[j - 1];
            before = was;
        }
    }
    return row[subject_len];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *patterns = fuzz_line(&data, &size), *spelled;
    char *subject = fuzz_text(data, size);
    struct wsub_hash_rules rules;

    if (strlen(subject) <= PLAIN_MAX)
        FUZZ_CHECK(wsub_pattern_matches(patterns, strlen(patterns), subject) ==
                   plain(patterns, subject));
    spelled = wsub_subject_patterns(patterns);
    wsub_patterns_match(spelled, subject);
    if (wsub_hash_rules_parse(patterns, &rules))
        wsub_hash_rules_choose(&rules, subject);
    free(spelled);
    free(subject);
    free(patterns);
    return 0;
}
