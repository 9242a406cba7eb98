/* fuzz_record.c - the record of a subscription, as Redis has it:
 * common/store/record.h, choices.h. */
#include "common/store/record.h"

#include "tests/fuzz/fuzz.h"

static void check_choices(const struct wsub_choices *choices)
{
    char letters[WSUB_CHOICES_BYTES], same[WSUB_CHOICES_BYTES];
    struct wsub_choices again;

    wsub_choices_print(choices, letters);
    FUZZ_CHECK(wsub_choices_parse(letters, strlen(letters), &again));
    wsub_choices_print(&again, same);
    FUZZ_CHECK(strcmp(letters, same) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = fuzz_text(data, size);
    struct wsub_record record;

    if (wsub_record_parse(line, size, &record) == WSUB_OK) {
        const char *end = line + size;

        FUZZ_CHECK(record.callback + strlen(record.callback) <= end);
        FUZZ_CHECK(record.secret + record.secret_len <= end);
        FUZZ_CHECK(!record.ordered || record.in_cursor_mode);
        check_choices(&record.choices);
    }
    free(line);
    return 0;
}
