/* prefix.h - the prefixes of topic groups.
 *
 * A prefix is a dotted topic, for it and all below it, or a URL, for it and all
 * that goes on behind it with `/` or `?`.  Its spelling is the normal one of a
 * topic, without a slash at the end; of a URL that of subject.h, so that no other
 * spelling of a host gets around a group.
 *
 * The prefixes of a topic are the topic itself and what is left of it at each
 * border, the longest first. */
#ifndef WSUB_GROUPS_PREFIX_H
#define WSUB_GROUPS_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

#define WSUB_GROUP_PREFIX_MAX_BYTES 512

/* Returns NULL when `text` is a prefix: its spelling is added to `ret_prefix`.
 * Else what is wrong, as the end of a sentence: "has an empty label". */
const char *wsub_group_prefix_parse(const char *text,
                                    struct wsub_buf *ret_prefix);

/* Adds the longest prefix of a topic in normal spelling. */
void wsub_group_prefix_of(const char *topic, struct wsub_buf *ret_prefix);

/* Shortens *len, of a prefix of `text` in its spelling, to that of the one above;
 * false when there is none. */
bool wsub_group_prefix_up(const char *text, size_t *len);

#endif
