/* scripts.h - the Lua scripts of lua/, embedded at build time.
 *
 * Each touches the keys of one shard, whose prefix `P:{N}:` is its only KEYS
 * entry: all its keys share that hash tag and so one slot.  The build joins a
 * script with the files of lua/lib/ that it names (cmake/EmbedLuaRun.cmake). */
#ifndef WSUB_STORE_SCRIPTS_H
#define WSUB_STORE_SCRIPTS_H

#include "common/redis/cmd.h"

enum wsub_script_id {
    WSUB_SCRIPT_ALERTS,
    WSUB_SCRIPT_ALERT_NOTICES,
    WSUB_SCRIPT_ANNOUNCE,
    WSUB_SCRIPT_ANNOUNCED,
    WSUB_SCRIPT_ATTEMPTS,
    WSUB_SCRIPT_BEGIN,
    WSUB_SCRIPT_BURIED,
    WSUB_SCRIPT_BURY,
    WSUB_SCRIPT_CLAIM,
    WSUB_SCRIPT_COMMAND,
    WSUB_SCRIPT_CRASHES,
    WSUB_SCRIPT_DENY,
    WSUB_SCRIPT_DEREGISTER,
    WSUB_SCRIPT_EVENT_POSITION,
    WSUB_SCRIPT_EVENT_STATUS,
    WSUB_SCRIPT_EXTEND,
    WSUB_SCRIPT_FETCHED,
    WSUB_SCRIPT_FETCH_STATE,
    WSUB_SCRIPT_FREE,
    WSUB_SCRIPT_GROUPS,
    WSUB_SCRIPT_GROUP_APPLY,
    WSUB_SCRIPT_GROUP_CHANGES,
    WSUB_SCRIPT_GROUP_DELETE,
    WSUB_SCRIPT_GROUP_PUT,
    WSUB_SCRIPT_HAND_OVER,
    WSUB_SCRIPT_HEALTH_ASK,
    WSUB_SCRIPT_HEALTH_COUNT,
    WSUB_SCRIPT_HEALTH_HOSTS,
    WSUB_SCRIPT_HEALTH_INDEX,
    WSUB_SCRIPT_HEALTH_KEYS,
    WSUB_SCRIPT_HEALTH_NOTE,
    WSUB_SCRIPT_HEALTH_ORDERS,
    WSUB_SCRIPT_HEALTH_REPAIR,
    WSUB_SCRIPT_HEALTH_SLOT,
    WSUB_SCRIPT_HEARTBEAT,
    WSUB_SCRIPT_HOLD,
    WSUB_SCRIPT_HOST_ORDER,
    WSUB_SCRIPT_INSTANCE_LIST,
    WSUB_SCRIPT_LEADER,
    WSUB_SCRIPT_LEAVE,
    WSUB_SCRIPT_LETTERS,
    WSUB_SCRIPT_MENDING,
    WSUB_SCRIPT_NEXT_EVENT,
    WSUB_SCRIPT_PAGE,
    WSUB_SCRIPT_PAUSE,
    WSUB_SCRIPT_POSTPONE,
    WSUB_SCRIPT_PROMOTE,
    WSUB_SCRIPT_PULL_ADD,
    WSUB_SCRIPT_PULL_BEGIN,
    WSUB_SCRIPT_PULL_END,
    WSUB_SCRIPT_PULL_EXPIRE,
    WSUB_SCRIPT_PULL_IN,
    WSUB_SCRIPT_PULL_PAGE,
    WSUB_SCRIPT_PULL_REMOVE,
    WSUB_SCRIPT_PULL_TAIL,
    WSUB_SCRIPT_PULL_TAKE,
    WSUB_SCRIPT_PULL_UPDATE,
    WSUB_SCRIPT_PULL_WANT,
    WSUB_SCRIPT_PUSH,
    WSUB_SCRIPT_REGISTER,
    WSUB_SCRIPT_REJECT,
    WSUB_SCRIPT_RELEASE,
    WSUB_SCRIPT_RENEW,
    WSUB_SCRIPT_REPLAY_ADD,
    WSUB_SCRIPT_REPLAY_CANCEL,
    WSUB_SCRIPT_REPLAY_LIST,
    WSUB_SCRIPT_REPLAY_PAGE,
    WSUB_SCRIPT_REPLICATE,
    WSUB_SCRIPT_REQUEST,
    WSUB_SCRIPT_RESTART,
    WSUB_SCRIPT_RESUME,
    WSUB_SCRIPT_SEAL,
    WSUB_SCRIPT_SECRETS,
    WSUB_SCRIPT_SETTLE,
    WSUB_SCRIPT_SHARD_STATUS,
    WSUB_SCRIPT_SITE_PUT,
    WSUB_SCRIPT_SPLIT,
    WSUB_SCRIPT_SUBSCRIBED_TOPICS,
    WSUB_SCRIPT_SUBSCRIPTION_LIST,
    WSUB_SCRIPT_SUBSCRIPTION_WORK,
    WSUB_SCRIPT_SWEEP,
    WSUB_SCRIPT_TAKE,
    WSUB_SCRIPT_UNPARK,
    WSUB_SCRIPT_VALIDATED,
    WSUB_SCRIPT_VERIFIED,
    WSUB_SCRIPT_WAITING,
    WSUB_SCRIPT_MAX_
};

/* Names the scripts by their SHA-1; called before any other use. */
void wsub_scripts_init(void);

const struct wsub_script *wsub_script(enum wsub_script_id id);

const char *wsub_script_name(enum wsub_script_id id);

/* Which one it is, whether or not it stands behind mending.lua. */
enum wsub_script_id wsub_script_id_of(const struct wsub_script *script);

/* The script behind mending.lua, for what Redis has refused; NULL: that of a
 * plain command (command.lua). */
const struct wsub_script *wsub_script_mending(const struct wsub_script *script);

#endif
