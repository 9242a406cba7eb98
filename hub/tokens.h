/* tokens.h - the bearer tokens that the hub takes, and what they are good for.
 *
 * Each use has any number of tokens: one in a setting, and more in a file of
 * secrets (common/crypto/secret_file.h), one a line, so that an old one and a
 * new one are good at the same time.  A line is TOKEN, or NAME TOKEN: the name
 * says whose it is in the audit (audit.h), and is no secret.  The files are looked at again each second
 * (hub_tokens_refresh()): what is added or removed counts from then on.  A file
 * that can't be used any more changes nothing, and the log says so.
 *
 * Only digests are kept.  How long a comparison takes depends on how many there
 * are, not on what they are. */
#ifndef HUB_TOKENS_H
#define HUB_TOKENS_H

#include <stdbool.h>

#include "common/base/err.h"

#define HUB_TOKEN_NAME_MAX_BYTES 64

struct hub_tokens;
struct wsub_config;

enum hub_token_use {
    HUB_TOKEN_SUBSCRIBE,  /* subscribe_token, subscribe_tokens_file */
    HUB_TOKEN_PUBLISH,    /* publish_token, publish_tokens_file */
    HUB_TOKEN_ADMIN,      /* admin_token, admin_tokens_file */
    HUB_TOKEN_ADMIN_READ, /* admin_read_tokens_file: only GET and HEAD */
    HUB_TOKEN_MAX_,
};

/* Reads the settings and the files.  On failure one sentence is written to
 * `err_text`.  `config` is borrowed, and outlives the tokens. */
enum wsub_err hub_tokens_new(const struct wsub_config *config,
                             char err_text[256],
                             struct hub_tokens **ret_tokens) WSUB_MUST_CHECK;
void hub_tokens_free(struct hub_tokens *tokens);

/* Reads the files that have changed.  To be called each second. */
void hub_tokens_refresh(struct hub_tokens *tokens);

/* Whether the use needs a token. */
bool hub_tokens_needs(const struct hub_tokens *tokens, enum hub_token_use use);

/* Whether `authorization`, a request's header or NULL, has one that is good for
 * the use (RFC 6750 section 2.1).  None is when the use needs none. */
bool hub_tokens_has(const struct hub_tokens *tokens, enum hub_token_use use,
                    const char *authorization);

/* The name of that token; false when it has none that is good.  One without a
 * name is called by its use and its place among these, such as admin-1 for
 * admin_token. */
bool hub_tokens_name(const struct hub_tokens *tokens, enum hub_token_use use,
                     const char *authorization,
                     char ret_name[HUB_TOKEN_NAME_MAX_BYTES + 1]);

/* The token of such a header; NULL when it has none. */
const char *hub_tokens_bearer(const char *authorization);

#endif
