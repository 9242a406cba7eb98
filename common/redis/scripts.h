/* scripts.h - the Lua scripts of common/store/lua, embedded at build time.
 *
 * Each touches the keys of one shard, whose prefix `P:{N}:` is its only KEYS
 * entry: all its keys share that hash tag and so one slot.  prelude.lua stands
 * in front of every script. */
#ifndef WSUB_REDIS_SCRIPTS_H
#define WSUB_REDIS_SCRIPTS_H

enum wsub_script_id {
    WSUB_SCRIPT_ASIDE,
    WSUB_SCRIPT_COPY,
    WSUB_SCRIPT_DEAD,
    WSUB_SCRIPT_DENY,
    WSUB_SCRIPT_FETCHED,
    WSUB_SCRIPT_GROUPS,
    WSUB_SCRIPT_LEAVE,
    WSUB_SCRIPT_NEXT,
    WSUB_SCRIPT_PAGE,
    WSUB_SCRIPT_PROMOTE,
    WSUB_SCRIPT_PUSH,
    WSUB_SCRIPT_RENEW,
    WSUB_SCRIPT_REQUEST,
    WSUB_SCRIPT_SETTLE,
    WSUB_SCRIPT_SPLIT,
    WSUB_SCRIPT_SUSPECT,
    WSUB_SCRIPT_SWEEP,
    WSUB_SCRIPT_TRIES,
    WSUB_SCRIPT_UNPARK,
    WSUB_SCRIPT_VALIDATED,
    WSUB_SCRIPT_VERIFIED,
    WSUB_SCRIPT_MAX_
};

struct wsub_script {
    const char *name;
    char *body;    /* owned; prelude and script */
    char sha1[41]; /* of the body, in hex: EVALSHA's name for it */
};

/* Joins the scripts with the prelude; called once, before any other use. */
void wsub_scripts_init(void);
void wsub_scripts_done(void);

const struct wsub_script *wsub_script(enum wsub_script_id id);

extern const char wsub_lua_prelude[];
extern const char wsub_lua_aside[];
extern const char wsub_lua_copy[];
extern const char wsub_lua_dead[];
extern const char wsub_lua_deny[];
extern const char wsub_lua_fetched[];
extern const char wsub_lua_groups[];
extern const char wsub_lua_leave[];
extern const char wsub_lua_next[];
extern const char wsub_lua_page[];
extern const char wsub_lua_promote[];
extern const char wsub_lua_push[];
extern const char wsub_lua_renew[];
extern const char wsub_lua_request[];
extern const char wsub_lua_settle[];
extern const char wsub_lua_split[];
extern const char wsub_lua_suspect[];
extern const char wsub_lua_sweep[];
extern const char wsub_lua_tries[];
extern const char wsub_lua_unpark[];
extern const char wsub_lua_validated[];
extern const char wsub_lua_verified[];

#endif
