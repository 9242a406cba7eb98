/* cmd.h - one Redis command, built argument by argument.
 *
 * The arguments are written straight in the form that goes over the wire
 * (RESP), so that a body is copied once and no array of pointers is kept:
 *
 *   struct wsub_cmd cmd;
 *   wsub_cmd_init(&cmd, "XADD");
 *   wsub_cmd_key(&cmd, prefix, "log", NULL);
 *   wsub_cmd_str(&cmd, "*");
 *   ...
 *
 * A command that is not sent is ended by wsub_cmd_done(). */
#ifndef WSUB_REDIS_CMD_H
#define WSUB_REDIS_CMD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* A Lua script, called by its SHA-1; the link loads it where Redis lacks it. */
struct wsub_script {
    const char *name; /* const */
    const char *body; /* const */
    char sha1[41];    /* of the body, in hex */
};

struct wsub_cmd {
    struct wsub_buf wire; /* owned */
    unsigned argc;
    const char *name; /* const; of the command, or of its script */
    const struct wsub_script *script; /* borrowed; const; NULL: plain command */
};

/* `name` is a constant. */
void wsub_cmd_init(struct wsub_cmd *cmd, const char *name);

/* Starts a call of a script: EVALSHA with `key` as its only key. */
void wsub_cmd_init_script(struct wsub_cmd *cmd,
                          const struct wsub_script *script, const char *key);

void wsub_cmd_arg(struct wsub_cmd *cmd, const void *bytes, size_t len);
void wsub_cmd_str(struct wsub_cmd *cmd, const char *text);
void wsub_cmd_u64(struct wsub_cmd *cmd, uint64_t number);

/* Adds the key PREFIXNAME, or PREFIXNAME:SUFFIX where `suffix` is not NULL. */
void wsub_cmd_key(struct wsub_cmd *cmd, const char *prefix, const char *name,
                  const char *suffix);

/* Replaces the script of a call; of a plain command makes the call of a script
 * with `key` as its only key and the command's words as its arguments. */
void wsub_cmd_through(struct wsub_cmd *cmd, const struct wsub_script *script,
                      const char *key);

/* Completes the command; returns the bytes to send, which stay the
 * command's. */
const char *wsub_cmd_wire(struct wsub_cmd *cmd, size_t *ret_len);

void wsub_cmd_done(struct wsub_cmd *cmd);

#endif
