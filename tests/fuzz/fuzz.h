/* fuzz.h - what every target of this folder needs.
 *
 * A target is fuzz_NAME.c with LLVMFuzzerTestOneInput().  Under the preset
 * `fuzz` libFuzzer calls it, under all others replay.c with the kept inputs of
 * corpus/NAME/.  What must hold of any input is checked by FUZZ_CHECK().
 *
 * An input of several parts has them in lines: fuzz_line() takes the next
 * one.  All are copies of exactly their size on the heap, so that a read beyond
 * their end is seen. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* Called by libFuzzer or by replay.c for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                  \
    ((condition) ? (void)0                                                     \
                 : wsub_panic("%s:%d: %s", __FILE__, __LINE__, #condition))

/* The input as a string; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* The next line of the input as a string, "" behind the last one; the caller
 * frees it. */
static inline char *fuzz_line(const uint8_t **data, size_t *size)
{
    const uint8_t *stop = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t len = stop == NULL ? *size : (size_t)(stop - *data);
    char *line = fuzz_text(*data, len);

    if (stop != NULL)
        len++;
    *data += len;
    *size -= len;
    return line;
}

#endif
