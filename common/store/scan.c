#include "common/store/scan.h"

#include <string.h>

#include "common/base/buf.h"

/* P:{*, with what a pattern would take for its own escaped. */
static void add_pattern(struct wsub_cmd *cmd, const char *key_prefix)
{
    struct wsub_buf pattern = {0};

    for (const char *c = key_prefix; *c != '\0'; c++) {
        if (strchr("*?[]^\\", *c) != NULL)
            wsub_buf_char(&pattern, '\\');
        wsub_buf_char(&pattern, *c);
    }
    wsub_buf_str(&pattern, ":{*");
    wsub_cmd_str(cmd, wsub_buf_cstr(&pattern));
    wsub_buf_done(&pattern);
}

void wsub_scan_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                   const char *cursor, uint32_t count)
{
    wsub_cmd_init(cmd, "SCAN");
    wsub_cmd_str(cmd, cursor);
    wsub_cmd_str(cmd, "MATCH");
    add_pattern(cmd, wsub_store_config(store)->key_prefix);
    wsub_cmd_str(cmd, "COUNT");
    wsub_cmd_u64(cmd, count);
}
