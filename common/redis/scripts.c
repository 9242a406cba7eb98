#include "common/redis/scripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

static const struct {
    const char *name;
    const char *text;
} sources[WSUB_SCRIPT_MAX_] = {
    [WSUB_SCRIPT_ASIDE] = {"aside", wsub_lua_aside},
    [WSUB_SCRIPT_COPY] = {"copy", wsub_lua_copy},
    [WSUB_SCRIPT_DEAD] = {"dead", wsub_lua_dead},
    [WSUB_SCRIPT_DENY] = {"deny", wsub_lua_deny},
    [WSUB_SCRIPT_FETCHED] = {"fetched", wsub_lua_fetched},
    [WSUB_SCRIPT_GROUPS] = {"groups", wsub_lua_groups},
    [WSUB_SCRIPT_LEAVE] = {"leave", wsub_lua_leave},
    [WSUB_SCRIPT_NEXT] = {"next", wsub_lua_next},
    [WSUB_SCRIPT_PAGE] = {"page", wsub_lua_page},
    [WSUB_SCRIPT_PROMOTE] = {"promote", wsub_lua_promote},
    [WSUB_SCRIPT_PUSH] = {"push", wsub_lua_push},
    [WSUB_SCRIPT_RENEW] = {"renew", wsub_lua_renew},
    [WSUB_SCRIPT_REQUEST] = {"request", wsub_lua_request},
    [WSUB_SCRIPT_SETTLE] = {"settle", wsub_lua_settle},
    [WSUB_SCRIPT_SPLIT] = {"split", wsub_lua_split},
    [WSUB_SCRIPT_SUSPECT] = {"suspect", wsub_lua_suspect},
    [WSUB_SCRIPT_SWEEP] = {"sweep", wsub_lua_sweep},
    [WSUB_SCRIPT_TRIES] = {"tries", wsub_lua_tries},
    [WSUB_SCRIPT_UNPARK] = {"unpark", wsub_lua_unpark},
    [WSUB_SCRIPT_VALIDATED] = {"validated", wsub_lua_validated},
    [WSUB_SCRIPT_VERIFIED] = {"verified", wsub_lua_verified},
};

static struct wsub_script scripts[WSUB_SCRIPT_MAX_]; /* set once, at start */

static void name_by_sha1(struct wsub_script *script)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(script->body, strlen(script->body), hash, &len, EVP_sha1(),
                   NULL) != 1)
        wsub_panic("libcrypto has no SHA-1");
    for (unsigned i = 0; i < len; i++)
        snprintf(script->sha1 + 2 * i, 3, "%02x", hash[i]);
}

void wsub_scripts_init(void)
{
    for (size_t i = 0; i < WSUB_SCRIPT_MAX_; i++) {
        struct wsub_buf body = {0};

        wsub_buf_str(&body, wsub_lua_prelude);
        wsub_buf_str(&body, sources[i].text);
        scripts[i].name = sources[i].name;
        scripts[i].body = wsub_buf_take(&body);
        name_by_sha1(&scripts[i]);
    }
}

void wsub_scripts_done(void)
{
    for (size_t i = 0; i < WSUB_SCRIPT_MAX_; i++) {
        free(scripts[i].body);
        scripts[i] = (struct wsub_script){0};
    }
}

const struct wsub_script *wsub_script(enum wsub_script_id id)
{
    return &scripts[id];
}
