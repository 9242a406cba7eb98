#include "common/store/verifications.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/stream_reader.h"

static void failed_done(void *item)
{
    struct wsub_failed_verification *failed = item;

    free(failed->topic);
    free(failed->callback);
    free(failed->why);
}

static bool read_failed(const struct redisReply *fields, void *item)
{
    struct wsub_failed_verification *failed = item;
    const char *mode = wsub_stream_field(fields, "m", NULL);
    const char *topic = wsub_stream_field(fields, "t", NULL);
    const char *callback = wsub_stream_field(fields, "c", NULL);
    const char *outcome = wsub_stream_field(fields, "o", NULL);
    const char *failures = wsub_stream_field(fields, "n", NULL);
    const char *why = wsub_stream_field(fields, "why", NULL);

    if (mode == NULL || topic == NULL || callback == NULL || outcome == NULL ||
        failures == NULL || why == NULL)
        return false;
    failed->mode = (enum wsub_request_mode)mode[0];
    failed->failures = (uint32_t)strtoul(failures, NULL, 10);
    failed->again = strcmp(outcome, "again") == 0;
    failed->topic = wsub_strdup(topic);
    failed->callback = wsub_strdup(callback);
    failed->why = wsub_strdup(why);
    return true;
}

void wsub_verifications_list(struct wsub_store *store,
                             const struct wsub_place *after, size_t limit,
                             wsub_newest_cb *cb, void *arg)
{
    static const struct wsub_newest_kind kind = {
        .stream = WSUB_KEY_VERIFICATIONS,
        .item_bytes = sizeof(struct wsub_failed_verification),
        .read = read_failed,
        .done = failed_done,
    };

    wsub_newest_list(store, &kind, after, limit, cb, arg);
}
