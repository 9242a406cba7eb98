#include "common/store/leave.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"

struct leaving {
    unsigned due; /* answers, and the one that wsub_leave() counts itself */
    void (*on_done)(void *arg);
    void *arg;
};

static void on_left(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct leaving *leaving = arg;

    (void)err;
    (void)reply;
    if (--leaving->due > 0)
        return;
    leaving->on_done(leaving->arg);
    free(leaving);
}

void wsub_leave(struct wsub_store *store, const char *group,
                const char *consumer, const char *const streams[], size_t count,
                void (*on_done)(void *arg), void *arg)
{
    struct leaving *leaving = wsub_calloc(1, sizeof(*leaving));

    leaving->due = 1;
    leaving->on_done = on_done;
    leaving->arg = arg;
    for (unsigned i = 0; i < wsub_store_shards(store); i++) {
        struct wsub_cmd cmd;

        wsub_store_script(&cmd, store, i, WSUB_SCRIPT_LEAVE);
        wsub_cmd_str(&cmd, group);
        wsub_cmd_str(&cmd, consumer);
        for (size_t s = 0; s < count; s++)
            wsub_cmd_str(&cmd, streams[s]);
        if (wsub_store_send(store, i, &cmd, on_left, leaving) == WSUB_OK)
            leaving->due++;
    }
    on_left(WSUB_OK, NULL, leaving);
}
