#include "common/store/topics.h"

#include <stdlib.h>

#include "common/store/keys.h"
#include "common/store/store.h"

/* The fields, in the order in which the command names them. */
enum { STATUS, ERROR, AT, FAILURES, FIELDS_MAX_ };
static const char *const fields[FIELDS_MAX_] = {"status", "error", "at",
                                                "failures"};

static uint64_t number_of(const struct redisReply *field)
{
    return field->str != NULL ? strtoull(field->str, NULL, 10) : 0;
}

static void parse_fetch(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    wsub_last_fetch_cb *on_fetch = (wsub_last_fetch_cb *)cb;
    struct wsub_last_fetch fetch = {.error = ""};

    if (err == WSUB_OK && reply->element[STATUS]->str == NULL)
        err = WSUB_ERR_NOT_FOUND;
    if (err != WSUB_OK) {
        on_fetch(err, NULL, arg);
        return;
    }
    fetch.status = (uint32_t)number_of(reply->element[STATUS]);
    if (reply->element[ERROR]->str != NULL)
        fetch.error = reply->element[ERROR]->str;
    fetch.at_s = number_of(reply->element[AT]);
    fetch.failures = (uint32_t)number_of(reply->element[FAILURES]);
    on_fetch(WSUB_OK, &fetch, arg);
}

void wsub_topics_last_fetch(struct wsub_store *store,
                            const struct wsub_topic_ref *ref,
                            wsub_last_fetch_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, store, ref->shard, WSUB_KEY_TOPIC, ref->digest);
    for (size_t i = 0; i < FIELDS_MAX_; i++)
        wsub_cmd_str(&cmd, fields[i]);
    wsub_store_once(store, ref->shard, &cmd, parse_fetch, (wsub_store_cb *)cb,
                    arg);
}
