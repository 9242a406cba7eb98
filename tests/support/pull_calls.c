#include "tests/support/pull_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define TTL_S 60

static const struct pull_kind *kind;

/* A call, until its callback. */
struct call {
    bool done;
    enum wsub_pull_result result;
    struct pull_request *request; /* borrowed */
    struct wsub_buf ids;          /* owned */
};

void pull_calls_of(const struct pull_kind *pulls)
{
    kind = pulls;
}

static const struct wsub_pull_store_ops *ops(void)
{
    return kind->store()->ops;
}

static enum wsub_pull_result result_of(const struct call *call)
{
    kind->wait(&call->done);
    return call->result;
}

static void on_result(enum wsub_err err, enum wsub_pull_result result,
                      void *arg)
{
    struct call *call = arg;

    ck_assert_int_eq(err, WSUB_OK);
    ck_assert(!call->done);
    call->done = true;
    call->result = result;
}

static struct wsub_pull_cursors parse(const char *text)
{
    struct wsub_pull_cursors cursors;

    ck_assert(wsub_pull_cursors_parse(text, PULL_SHARDS, &cursors));
    return cursors;
}

static enum wsub_pull_result send_add(const struct wsub_pull_add *add)
{
    struct call call = {0};

    ops()->add(kind->store(), add, on_result, &call);
    return result_of(&call);
}

enum wsub_pull_result pull_add(const char *id, const char *topics,
                               uint32_t ttl_s, bool explicit_ack,
                               const char *cursors)
{
    struct wsub_pull_cursors places = parse(cursors);
    enum wsub_pull_result result = send_add(&(struct wsub_pull_add){
        .id = id,
        .subscription = {topics, ttl_s, explicit_ack},
        .cursors = &places,
    });

    wsub_pull_cursors_done(&places);
    return result;
}

enum wsub_pull_result pull_add_at_most(const char *id, uint64_t max,
                                       uint64_t others)
{
    return send_add(&(struct wsub_pull_add){
        .id = id,
        .subscription = {"", TTL_S, false},
        .cursors = &(struct wsub_pull_cursors){0},
        .max = max,
        .others = others,
    });
}

unsigned pull_add_many(const char *id, unsigned count)
{
    const struct wsub_pull_cursors cursors = {0};
    struct call *calls = wsub_calloc(count, sizeof(*calls));
    unsigned done = 0;

    for (unsigned i = 0; i < count; i++)
        ops()->add(kind->store(),
                   &(struct wsub_pull_add){
                       .id = id,
                       .subscription = {"", TTL_S, false},
                       .cursors = &cursors,
                   },
                   on_result, &calls[i]);
    for (unsigned i = 0; i < count; i++) {
        if (result_of(&calls[i]) == WSUB_PULL_DONE)
            done++;
        else
            ck_assert_int_eq(calls[i].result, WSUB_PULL_EXISTS);
    }
    free(calls);
    return done;
}

enum wsub_pull_result pull_remove(const char *id)
{
    struct call call = {0};

    ops()->remove(kind->store(), id, on_result, &call);
    return result_of(&call);
}

enum wsub_pull_result pull_update(const char *id, const char *topics,
                                  const char *cursors, uint32_t ttl_s)
{
    struct wsub_pull_cursors places = parse(cursors != NULL ? cursors : "");
    struct call call = {0};

    ops()->update(kind->store(),
                  &(struct wsub_pull_update){
                      .id = id,
                      .topics = topics,
                      .cursors = topics != NULL ? &places : NULL,
                      .ttl_s = ttl_s,
                  },
                  on_result, &call);
    kind->wait(&call.done);
    wsub_pull_cursors_done(&places);
    return call.result;
}

static void on_begun(enum wsub_err err, enum wsub_pull_result result,
                     const struct wsub_pull_begun *begun, void *arg)
{
    struct call *call = arg;
    struct pull_request *request = call->request;

    on_result(err, result, call);
    ck_assert_int_eq(begun != NULL, result == WSUB_PULL_DONE);
    if (begun == NULL)
        return;
    request->cursors = wsub_pull_cursors_text(begun->cursors);
    request->number = begun->number;
    request->ttl_s = begun->subscription.ttl_s;
    request->explicit_ack = begun->subscription.explicit_ack;
    snprintf(request->topics, sizeof(request->topics), "%s",
             begun->subscription.topics);
}

enum wsub_pull_result pull_begin(struct pull_request *request, uint64_t wait_ms,
                                 bool again, const char *after)
{
    struct call call = {.request = request};
    struct wsub_place place;

    if (after != NULL)
        ck_assert(wsub_place_parse(after, PULL_SHARDS, &place));
    pull_request_done(request);
    ops()->begin(kind->store(),
                 &(struct wsub_pull_begin){
                     .id = request->id,
                     .token = request->token,
                     .wait_ms = wait_ms,
                     .again = again,
                     .after = after != NULL ? &place : NULL,
                 },
                 on_begun, &call);
    request->result = result_of(&call);
    return request->result;
}

void pull_request_done(struct pull_request *request)
{
    free(request->cursors);
    request->cursors = NULL;
}

enum wsub_pull_result pull_take(struct pull_request *request,
                                const char *cursors)
{
    struct wsub_pull_cursors places = parse(cursors);
    struct call call = {0};

    ops()->take(kind->store(),
                &(struct wsub_pull_take){
                    .id = request->id,
                    .token = request->token,
                    .number = request->number,
                    .cursors = &places,
                },
                on_result, &call);
    kind->wait(&call.done);
    wsub_pull_cursors_done(&places);
    request->number += call.result == WSUB_PULL_DONE;
    return call.result;
}

enum wsub_pull_result pull_end(const struct pull_request *request,
                               const char *cursors)
{
    struct wsub_pull_cursors places = parse(cursors != NULL ? cursors : "");
    struct call call = {0};

    ops()->end(kind->store(),
               &(struct wsub_pull_end){
                   .id = request->id,
                   .token = request->token,
                   .number = request->number,
                   .cursors = cursors != NULL ? &places : NULL,
               },
               on_result, &call);
    kind->wait(&call.done);
    wsub_pull_cursors_done(&places);
    return call.result;
}

static void on_list(enum wsub_err err, const char *const *ids, size_t count,
                    bool more, void *arg)
{
    struct call *call = arg;

    on_result(err, WSUB_PULL_DONE, call);
    for (size_t i = 0; i < count; i++)
        wsub_buf_printf(&call->ids, "%s%s", i > 0 ? " " : "", ids[i]);
    if (more)
        wsub_buf_printf(&call->ids, "+");
}

char *pull_list(const char *after, size_t limit)
{
    struct call call = {0};

    ops()->list(kind->store(), after, limit, on_list, &call);
    kind->wait(&call.done);
    return wsub_buf_take(&call.ids);
}

uint64_t pull_expire(void)
{
    return kind->expire();
}

void pull_pass_s(unsigned seconds)
{
    kind->pass_s(seconds);
}
