#include "common/store/scripts.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/mem.h"
#include "common/store/lua_texts.h"

#define SCRIPT(name_)                                                          \
    {                                                                          \
        .name = #name_, .body = wsub_lua_##name_                               \
    }

static struct wsub_script scripts[WSUB_SCRIPT_MAX_] = {
    [WSUB_SCRIPT_ANNOUNCE] = SCRIPT(announce),
    [WSUB_SCRIPT_ANNOUNCED] = SCRIPT(announced),
    [WSUB_SCRIPT_ATTEMPTS] = SCRIPT(attempts),
    [WSUB_SCRIPT_BEGIN] = SCRIPT(begin),
    [WSUB_SCRIPT_BURIED] = SCRIPT(buried),
    [WSUB_SCRIPT_BURY] = SCRIPT(bury),
    [WSUB_SCRIPT_CLAIM] = SCRIPT(claim),
    [WSUB_SCRIPT_CRASHES] = SCRIPT(crashes),
    [WSUB_SCRIPT_DENY] = SCRIPT(deny),
    [WSUB_SCRIPT_DEREGISTER] = SCRIPT(deregister),
    [WSUB_SCRIPT_EVENT_POSITION] = SCRIPT(event_position),
    [WSUB_SCRIPT_EXTEND] = SCRIPT(extend),
    [WSUB_SCRIPT_FETCHED] = SCRIPT(fetched),
    [WSUB_SCRIPT_FREE] = SCRIPT(free),
    [WSUB_SCRIPT_GROUPS] = SCRIPT(groups),
    [WSUB_SCRIPT_HAND_OVER] = SCRIPT(hand_over),
    [WSUB_SCRIPT_HEARTBEAT] = SCRIPT(heartbeat),
    [WSUB_SCRIPT_INSTANCE_LIST] = SCRIPT(instance_list),
    [WSUB_SCRIPT_LEADER] = SCRIPT(leader),
    [WSUB_SCRIPT_LEAVE] = SCRIPT(leave),
    [WSUB_SCRIPT_LETTERS] = SCRIPT(letters),
    [WSUB_SCRIPT_NEXT_EVENT] = SCRIPT(next_event),
    [WSUB_SCRIPT_PAGE] = SCRIPT(page),
    [WSUB_SCRIPT_PROMOTE] = SCRIPT(promote),
    [WSUB_SCRIPT_PUSH] = SCRIPT(push),
    [WSUB_SCRIPT_REGISTER] = SCRIPT(register),
    [WSUB_SCRIPT_REJECT] = SCRIPT(reject),
    [WSUB_SCRIPT_RELEASE] = SCRIPT(release),
    [WSUB_SCRIPT_RENEW] = SCRIPT(renew),
    [WSUB_SCRIPT_REPLICATE] = SCRIPT(replicate),
    [WSUB_SCRIPT_REQUEST] = SCRIPT(request),
    [WSUB_SCRIPT_RESTART] = SCRIPT(restart),
    [WSUB_SCRIPT_RESUME] = SCRIPT(resume),
    [WSUB_SCRIPT_SETTLE] = SCRIPT(settle),
    [WSUB_SCRIPT_SHARD_STATUS] = SCRIPT(shard_status),
    [WSUB_SCRIPT_SPLIT] = SCRIPT(split),
    [WSUB_SCRIPT_SWEEP] = SCRIPT(sweep),
    [WSUB_SCRIPT_TAKE] = SCRIPT(take),
    [WSUB_SCRIPT_UNPARK] = SCRIPT(unpark),
    [WSUB_SCRIPT_VALIDATED] = SCRIPT(validated),
    [WSUB_SCRIPT_VERIFIED] = SCRIPT(verified),
};

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
    for (size_t i = 0; i < WSUB_SCRIPT_MAX_; i++)
        name_by_sha1(&scripts[i]);
}

const struct wsub_script *wsub_script(enum wsub_script_id id)
{
    return &scripts[id];
}
