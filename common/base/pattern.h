/* pattern.h - the patterns of settings.
 *
 * In a pattern '*' stands for any bytes, also none; all else for itself.  Pure,
 * and linear in the length of pattern and subject: the pieces between wildcards
 * are looked for from left to right, each once. */
#ifndef WSUB_BASE_PATTERN_H
#define WSUB_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the `len` bytes of `pattern` match the whole subject. */
bool wsub_pattern_matches(const char *pattern, size_t len, const char *subject);

/* The same for one of a list: patterns separated by commas, blanks around them
 * ignored. */
bool wsub_patterns_match(const char *patterns, const char *subject);

/* Finds the next item of such a list and moves *list behind it: *ret_item, of
 * *ret_len bytes without the blanks around it, which may be none.  False at the
 * end. */
bool wsub_patterns_next(const char **list, const char **ret_item,
                        size_t *ret_len);

#endif
