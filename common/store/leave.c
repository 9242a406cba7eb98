#include "common/store/leave.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/store.h"

struct leaving {
    struct wsub_countdown all;
    void (*on_done)(void *arg);
    void *arg; /* borrowed; given to on_done */
};

static void on_all_left(void *arg)
{
    struct leaving *leaving = arg;

    leaving->on_done(leaving->arg);
    free(leaving);
}

static void parse_left(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct leaving *leaving = arg;

    (void)err;
    (void)reply;
    (void)cb;
    wsub_countdown_off(&leaving->all);
}

void wsub_leave(struct wsub_store *store, const char *group,
                const char *consumer, const char *const streams[], size_t count,
                void (*on_done)(void *arg), void *arg)
{
    struct leaving *leaving = wsub_calloc(1, sizeof(*leaving));

    leaving->on_done = on_done;
    leaving->arg = arg;
    wsub_countdown_start(&leaving->all, on_all_left, leaving);
    for (unsigned i = 0; i < wsub_store_shards(store); i++) {
        struct wsub_cmd cmd;

        wsub_store_script(&cmd, store, i, WSUB_SCRIPT_LEAVE);
        wsub_cmd_str(&cmd, group);
        wsub_cmd_str(&cmd, consumer);
        for (size_t s = 0; s < count; s++)
            wsub_cmd_str(&cmd, streams[s]);
        wsub_countdown_add(&leaving->all);
        wsub_store_once(store, i, &cmd, parse_left, NULL, leaving);
    }
    wsub_countdown_off(&leaving->all);
}
