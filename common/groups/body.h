/* body.h - what an operator says of a topic group (PUT /admin/groups/ID).
 *
 * The body is a JSON object: `prefix`, and any of the fields (fields.h).  What is
 * null counts as not said.  `id` and `version`, which a GET shows, are taken too,
 * so that a changed response can be sent back; `id` is that of the path. */
#ifndef WSUB_GROUPS_BODY_H
#define WSUB_GROUPS_BODY_H

#include <stdbool.h>

#include <jansson.h>

#include "common/base/buf.h"

struct wsub_config;

/* `field` is wrong: `what` is the end of a sentence, "must be ...".  Both are
 * borrowed for the call; `field` outlives it as long as the body does. */
typedef void wsub_group_wrong_cb(const char *field, const char *what,
                                 void *arg);

/* Whether `id` may be a group's: 1 to 128 letters, digits, '.', '_' and '-'. */
bool wsub_group_is_id(const char *id);

/* Names every wrong field by `on_wrong` and returns whether there is none: then
 * `ret_prefix` is the prefix and `ret_members` what a record says behind it
 * (common/store/groups.h), with digests in place of tokens. */
bool wsub_group_body(const json_t *body, const char *id,
                     const struct wsub_config *config,
                     wsub_group_wrong_cb *on_wrong, void *arg,
                     struct wsub_buf *ret_prefix, struct wsub_buf *ret_members);

#endif
