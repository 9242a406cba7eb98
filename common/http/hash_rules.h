/* hash_rules.h - which hash signs what a callback gets: the setting
 * signature_hash.
 *
 *   *.old.example=sha1, https://x.example/cb*=sha512, *=sha256
 *
 * The first rule whose pattern (pattern.h) matches counts; where none does it
 * is sha256.  A pattern with a scheme is compared with the whole callback, any
 * other one with its host, and with its host and port.  A hash alone is a rule
 * for all. */
#ifndef WSUB_HTTP_HASH_RULES_H
#define WSUB_HTTP_HASH_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/config.h"

#define WSUB_HASH_RULES_MAX 100

struct wsub_hash_rule {
    const char *pattern; /* borrowed from the text */
    size_t len;
    bool has_scheme;
    enum wsub_hash hash;
};

struct wsub_hash_rules {
    size_t count;
    struct wsub_hash_rule rules[WSUB_HASH_RULES_MAX];
};

/* Parses `text`, which outlives the rules; false when it is none. */
bool wsub_hash_rules_parse(const char *text, struct wsub_hash_rules *ret_rules);

/* The hash for a callback. */
enum wsub_hash wsub_hash_rules_choose(const struct wsub_hash_rules *rules,
                                      const char *callback);

#endif
