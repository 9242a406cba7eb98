#include "common/redis/cmd.h"

#include <stdio.h>
#include <string.h>

#define HEAD_ROOM 16 /* "*4294967295\r\n" fits; put in front at the end */
#define LEN_ROOM (1 + WSUB_U64_DIGITS + 2) /* "$LEN\r\n" */

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
    cmd->name = name;
    wsub_cmd_str(cmd, name);
}

static void add_script(struct wsub_cmd *cmd, const struct wsub_script *script,
                       const char *key)
{
    cmd->script = script;
    wsub_cmd_str(cmd, "EVALSHA");
    wsub_cmd_str(cmd, script->sha1);
    wsub_cmd_str(cmd, "1");
    wsub_cmd_str(cmd, key);
}

void wsub_cmd_init_script(struct wsub_cmd *cmd,
                          const struct wsub_script *script, const char *key)
{
    cmd_start(cmd);
    cmd->name = script->name;
    add_script(cmd, script, key);
}

/* Makes room for an argument of `len` bytes, all at once since there are many
 * small ones; writes what stands before it and returns where its bytes go. */
static char *arg_start(struct wsub_cmd *cmd, size_t len)
{
    char *at = wsub_buf_reserve(&cmd->wire, LEN_ROOM + len + 2);

    *at++ = '$';
    at += wsub_buf_digits(len, at);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static void arg_end(struct wsub_cmd *cmd, char *at)
{
    *at++ = '\r';
    *at++ = '\n';
    *at = '\0';
    cmd->wire.len = (size_t)(at - cmd->wire.data);
    cmd->argc++;
}

void wsub_cmd_arg(struct wsub_cmd *cmd, const void *bytes, size_t len)
{
    char *at = arg_start(cmd, len);

    arg_end(cmd, len > 0 ? mempcpy(at, bytes, len) : at);
}

void wsub_cmd_str(struct wsub_cmd *cmd, const char *text)
{
    wsub_cmd_arg(cmd, text, strlen(text));
}

void wsub_cmd_u64(struct wsub_cmd *cmd, uint64_t number)
{
    char digits[WSUB_U64_DIGITS];

    wsub_cmd_arg(cmd, digits, wsub_buf_digits(number, digits));
}

void wsub_cmd_key(struct wsub_cmd *cmd, const char *prefix, const char *name,
                  const char *suffix)
{
    size_t prefix_len = strlen(prefix), name_len = strlen(name);
    size_t suffix_len = suffix == NULL ? 0 : strlen(suffix);
    char *at = arg_start(cmd, prefix_len + name_len +
                                  (suffix == NULL ? 0 : 1 + suffix_len));

    at = mempcpy(at, prefix, prefix_len);
    at = mempcpy(at, name, name_len);
    if (suffix != NULL) {
        *at++ = ':';
        at = mempcpy(at, suffix, suffix_len);
    }
    arg_end(cmd, at);
}

void wsub_cmd_through(struct wsub_cmd *cmd, const struct wsub_script *script,
                      const char *key)
{
    static const char before_sha1[] = "$7\r\nEVALSHA\r\n$40\r\n";
    struct wsub_cmd call;

    if (cmd->script != NULL) {
        memcpy(cmd->wire.data + HEAD_ROOM + strlen(before_sha1), script->sha1,
               strlen(script->sha1));
        cmd->script = script;
        return;
    }
    cmd_start(&call);
    call.name = cmd->name;
    add_script(&call, script, key);
    wsub_buf_add(&call.wire, cmd->wire.data + HEAD_ROOM,
                 cmd->wire.len - HEAD_ROOM);
    call.argc += cmd->argc;
    wsub_cmd_done(cmd);
    *cmd = call;
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
