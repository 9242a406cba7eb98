/* cmd.h - one Redis command, built argument by argument.
 *
 * The arguments are written straight in the form that goes over the wire
 * (RESP), so that a body is copied once and no array of pointers is kept:
 *
 *   struct wsub_cmd cmd;
 *   wsub_cmd_init(&cmd, "XADD");
 *   wsub_cmd_key(&cmd, redis, shard, "log", NULL);
 *   wsub_cmd_str(&cmd, "*");
 *   ...
 *   err = wsub_redis_send(redis, shard, &cmd, on_reply, arg);
 *
 * Sending takes the command's memory, whatever the result. */
#ifndef WSUB_REDIS_CMD_H
#define WSUB_REDIS_CMD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/redis/scripts.h"

struct wsub_redis;

struct wsub_cmd {
    struct wsub_buf wire; /* owned */
    unsigned argc;
    const struct wsub_script *script; /* borrowed; const; NULL: plain command */
};

void wsub_cmd_init(struct wsub_cmd *cmd, const char *name);

/* Starts a call of a script on one shard: EVALSHA with the shard's prefix as
 * its only key. */
void wsub_cmd_init_script(struct wsub_cmd *cmd, const struct wsub_redis *redis,
                          unsigned shard, enum wsub_script_id id);

void wsub_cmd_arg(struct wsub_cmd *cmd, const void *bytes, size_t len);
void wsub_cmd_str(struct wsub_cmd *cmd, const char *text);
void wsub_cmd_u64(struct wsub_cmd *cmd, uint64_t number);

/* Adds the key `name` of a shard, or `name:suffix`. */
void wsub_cmd_key(struct wsub_cmd *cmd, const struct wsub_redis *redis,
                  unsigned shard, const char *name, const char *suffix);

/* Completes the command; returns the bytes to send, which stay the
 * command's. */
const char *wsub_cmd_wire(struct wsub_cmd *cmd, size_t *ret_len);

void wsub_cmd_done(struct wsub_cmd *cmd);

#endif
