#include "hub/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/crypto/secret_file.h"

#define TOKEN_MAX_BYTES 256
#define TOKENS_MAX 1025 /* of a use: each request is compared with all */
#define NAME_CHARACTERS                                                        \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

struct token {
    char digest[WSUB_DIGEST_LEN + 1];
    char name[HUB_TOKEN_NAME_MAX_BYTES + 1];
};

struct set {
    struct token *tokens; /* owned */
    size_t count;
};

struct use {
    const char *setting; /* "" for none; borrowed */
    const char *path;    /* "" for none; borrowed */
    struct stat seen;    /* the file, as it was read */
    struct set set;
};

struct hub_tokens {
    struct use uses[HUB_TOKEN_MAX_];
};

static const char *const use_names[] = {
    [HUB_TOKEN_SUBSCRIBE] = "subscribe",
    [HUB_TOKEN_PUBLISH] = "publish",
    [HUB_TOKEN_ADMIN] = "admin",
    [HUB_TOKEN_ADMIN_READ] = "admin-read",
};

static void set_done(struct set *set)
{
    free(set->tokens);
    *set = (struct set){0};
}

static struct token *add(struct set *set, const char *token, size_t len)
{
    struct token *added;

    if (set->tokens == NULL)
        set->tokens = wsub_calloc(TOKENS_MAX, sizeof(*set->tokens));
    added = &set->tokens[set->count++];
    wsub_digest(token, len, added->digest);
    return added;
}

static bool is_name(const char *text, size_t len)
{
    return len > 0 && len <= HUB_TOKEN_NAME_MAX_BYTES &&
           strspn(text, NAME_CHARACTERS) >= len;
}

/* TOKEN, or NAME TOKEN. */
static const char *take_line(const char *line, void *arg)
{
    struct set *set = arg;
    size_t name_len = strcspn(line, " \t");
    const char *token = line + name_len + strspn(line + name_len, " \t");
    size_t len;

    if (*token == '\0') {
        token = line;
        name_len = 0;
    }
    if (name_len > 0 && !is_name(line, name_len))
        return "has a name that is not 1 to 64 letters, digits, '.', '_', '-'";
    len = strlen(token);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] > '~')
            return "is not a token of printable ASCII characters, or a name "
                   "and a token";
    if (len > TOKEN_MAX_BYTES)
        return "is longer than 256 bytes";
    if (set->count == TOKENS_MAX)
        return "is one too many: a file may hold 1024 tokens";
    snprintf(add(set, token, len)->name, HUB_TOKEN_NAME_MAX_BYTES + 1, "%.*s",
             (int)name_len, line);
    return NULL;
}

static enum wsub_err read_file(const char *path, struct set *set,
                               char err_text[256])
{
    size_t before = set->count;
    enum wsub_err err =
        wsub_secret_file_read(path, "token file", take_line, set, err_text);

    if (err == WSUB_OK && set->count == before) {
        snprintf(err_text, 256, "token file %.160s holds no token", path);
        err = WSUB_ERR_INVALID;
    }
    return err;
}

/* Reads setting and file; changes nothing when the file can't be used. */
static enum wsub_err read_use(struct use *use, char err_text[256])
{
    enum wsub_err err = WSUB_OK;
    struct set set = {0};

    if (use->setting[0] != '\0')
        add(&set, use->setting, strlen(use->setting));
    if (use->path[0] != '\0')
        err = read_file(use->path, &set, err_text);
    if (err != WSUB_OK) {
        set_done(&set);
        return err;
    }
    set_done(&use->set);
    use->set = set;
    return WSUB_OK;
}

enum wsub_err hub_tokens_new(const struct wsub_config *config,
                             char err_text[256], struct hub_tokens **ret_tokens)
{
    struct hub_tokens *tokens = wsub_calloc(1, sizeof(*tokens));
    enum wsub_err err = WSUB_OK;

    tokens->uses[HUB_TOKEN_SUBSCRIBE] = (struct use){
        .setting = config->subscribe_token,
        .path = config->subscribe_tokens_file,
    };
    tokens->uses[HUB_TOKEN_PUBLISH] = (struct use){
        .setting = config->publish_token,
        .path = config->publish_tokens_file,
    };
    tokens->uses[HUB_TOKEN_ADMIN] = (struct use){
        .setting = config->admin_token,
        .path = config->admin_tokens_file,
    };
    tokens->uses[HUB_TOKEN_ADMIN_READ] = (struct use){
        .setting = "",
        .path = config->admin_read_tokens_file,
    };
    for (int i = 0; i < HUB_TOKEN_MAX_ && err == WSUB_OK; i++) {
        struct use *use = &tokens->uses[i];

        if (use->path[0] != '\0')
            wsub_secret_file_look(use->path, &use->seen);
        err = read_use(use, err_text);
    }
    if (err != WSUB_OK)
        hub_tokens_free(tokens);
    else
        *ret_tokens = tokens;
    return err;
}

void hub_tokens_free(struct hub_tokens *tokens)
{
    if (tokens == NULL)
        return;
    for (int i = 0; i < HUB_TOKEN_MAX_; i++)
        set_done(&tokens->uses[i].set);
    free(tokens);
}

static void refresh(struct use *use)
{
    struct stat seen;
    char err_text[256] = "";
    enum wsub_err err;

    if (use->path[0] == '\0')
        return;
    wsub_secret_file_look(use->path, &seen);
    if (wsub_secret_file_is_same(&seen, &use->seen))
        return;
    use->seen = seen;
    err = read_use(use, err_text);
    if (err == WSUB_OK)
        wsub_log_info("tokens-read", WSUB_KV("file", use->path),
                      WSUB_KU("tokens", use->set.count));
    else
        wsub_log_error("tokens-unusable", WSUB_KV("why", err_text),
                       WSUB_KV("remedy", "mend the file; the tokens of before "
                                         "stay good until then"));
}

void hub_tokens_refresh(struct hub_tokens *tokens)
{
    for (int i = 0; i < HUB_TOKEN_MAX_; i++)
        refresh(&tokens->uses[i]);
}

bool hub_tokens_needs(const struct hub_tokens *tokens, enum hub_token_use use)
{
    return tokens->uses[use].set.count > 0;
}

const char *hub_tokens_bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";

    if (authorization == NULL ||
        strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    authorization += sizeof(scheme) - 1;
    return authorization + strspn(authorization, " ");
}

/* NULL without one. */
static const struct token *find(const struct set *set,
                                const char *authorization)
{
    const char *token = hub_tokens_bearer(authorization);
    const struct token *found = NULL;
    char digest[WSUB_DIGEST_LEN + 1];

    if (token == NULL)
        return NULL;
    wsub_digest(token, strlen(token), digest);
    for (size_t i = 0; i < set->count; i++)
        if (wsub_equal_const_time(set->tokens[i].digest, WSUB_DIGEST_LEN,
                                  digest, WSUB_DIGEST_LEN))
            found = &set->tokens[i];
    return found;
}

bool hub_tokens_has(const struct hub_tokens *tokens, enum hub_token_use use,
                    const char *authorization)
{
    return find(&tokens->uses[use].set, authorization) != NULL;
}

bool hub_tokens_name(const struct hub_tokens *tokens, enum hub_token_use use,
                     const char *authorization,
                     char ret_name[HUB_TOKEN_NAME_MAX_BYTES + 1])
{
    const struct set *set = &tokens->uses[use].set;
    const struct token *token = find(set, authorization);

    if (token == NULL)
        return false;
    if (token->name[0] != '\0')
        snprintf(ret_name, HUB_TOKEN_NAME_MAX_BYTES + 1, "%s", token->name);
    else
        snprintf(ret_name, HUB_TOKEN_NAME_MAX_BYTES + 1, "%s-%zu",
                 use_names[use], (size_t)(token - set->tokens) + 1);
    return true;
}
