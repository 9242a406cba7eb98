#include "common/redis/cmd.h"

#include <stdio.h>
#include <string.h>

#include "common/redis/redis.h"

#define HEAD_ROOM 16 /* "*4294967295\r\n" fits; put in front at the end */

static void cmd_start(struct wsub_cmd *cmd)
{
    *cmd = (struct wsub_cmd){0};
    wsub_buf_reserve(&cmd->wire, HEAD_ROOM);
    memset(cmd->wire.data, ' ', HEAD_ROOM);
    cmd->wire.len = HEAD_ROOM;
}

void wsub_cmd_init(struct wsub_cmd *cmd, const char *name)
{
    cmd_start(cmd);
    wsub_cmd_str(cmd, name);
}

void wsub_cmd_init_script(struct wsub_cmd *cmd, const struct wsub_redis *redis,
                          unsigned shard, enum wsub_script_id id)
{
    cmd_start(cmd);
    cmd->script = wsub_script(id);
    wsub_cmd_str(cmd, "EVALSHA");
    wsub_cmd_str(cmd, cmd->script->sha1);
    wsub_cmd_str(cmd, "1");
    wsub_cmd_key(cmd, redis, shard, "", NULL);
}

static void arg_start(struct wsub_cmd *cmd, size_t len)
{
    wsub_buf_char(&cmd->wire, '$');
    wsub_buf_u64(&cmd->wire, len);
    wsub_buf_add(&cmd->wire, "\r\n", 2);
    cmd->argc++;
}

void wsub_cmd_arg(struct wsub_cmd *cmd, const void *bytes, size_t len)
{
    arg_start(cmd, len);
    wsub_buf_add(&cmd->wire, bytes, len);
    wsub_buf_add(&cmd->wire, "\r\n", 2);
}

void wsub_cmd_str(struct wsub_cmd *cmd, const char *text)
{
    wsub_cmd_arg(cmd, text, strlen(text));
}

void wsub_cmd_u64(struct wsub_cmd *cmd, uint64_t number)
{
    char digits[24];
    int len =
        snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);

    wsub_cmd_arg(cmd, digits, (size_t)len);
}

void wsub_cmd_key(struct wsub_cmd *cmd, const struct wsub_redis *redis,
                  unsigned shard, const char *name, const char *suffix)
{
    const char *prefix = wsub_redis_prefix(redis, shard);
    size_t len = strlen(prefix) + strlen(name);

    if (suffix != NULL)
        len += 1 + strlen(suffix);
    arg_start(cmd, len);
    wsub_buf_str(&cmd->wire, prefix);
    wsub_buf_str(&cmd->wire, name);
    if (suffix != NULL) {
        wsub_buf_char(&cmd->wire, ':');
        wsub_buf_str(&cmd->wire, suffix);
    }
    wsub_buf_add(&cmd->wire, "\r\n", 2);
}

const char *wsub_cmd_wire(struct wsub_cmd *cmd, size_t *ret_len)
{
    char head[HEAD_ROOM + 1];
    size_t len = (size_t)snprintf(head, sizeof(head), "*%u\r\n", cmd->argc);
    char *start = cmd->wire.data + HEAD_ROOM - len;

    memcpy(start, head, len);
    *ret_len = cmd->wire.len - HEAD_ROOM + len;
    return start;
}

void wsub_cmd_done(struct wsub_cmd *cmd)
{
    wsub_buf_done(&cmd->wire);
}
