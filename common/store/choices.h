/* choices.h - what a subscriber chose about its deliveries, as text.
 *
 * At most one letter of each kind, as in a record's FLAGS: `1` sha1, `2` sha256,
 * `3` sha384, `5` sha512; `w` WebSub's headers, `s` those of Standard Webhooks
 * beside them.  "" chooses nothing. */
#ifndef WSUB_STORE_CHOICES_H
#define WSUB_STORE_CHOICES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/config.h"

#define WSUB_CHOICES_BYTES 3 /* both letters, and the zero */

struct wsub_choices {
    bool has_hash, has_headers; /* it was chosen */
    enum wsub_hash hash;
    enum wsub_delivery_headers headers;
};

/* Parses `len` letters; false when there is another one, or two of a kind. */
bool wsub_choices_parse(const char *letters, size_t len,
                        struct wsub_choices *ret_choices);

void wsub_choices_print(const struct wsub_choices *choices,
                        char ret_letters[WSUB_CHOICES_BYTES]);

#endif
