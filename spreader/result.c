#include "spreader/result.h"

#include <stdio.h>

#include "common/base/config.h"
#include "common/http/feed_entries.h"
#include "common/http/relation.h"
#include "common/http/send.h"
#include "spreader/check.h"
#include "spreader/request.h"
#include "spreader/retry.h"

#define DEFAULT_TYPE "application/octet-stream"

/* Adds what is to be delivered of the content; false when all of it was
 * delivered before. */
static bool take_entries(struct spread_result *result,
                         const struct spread_response *response,
                         const struct spread_result_facts *facts)
{
    enum wsub_feed_entries found = WSUB_FEED_NONE;

    if (facts->config->feed_entries == WSUB_ENTRIES_NEW)
        found =
            wsub_feed_entries(response->body, response->body_len,
                              facts->entries, &result->entries, &result->body);
    if (found == WSUB_FEED_NONE || found == WSUB_FEED_NEW)
        wsub_buf_add(&result->body, response->body, response->body_len);
    return found != WSUB_FEED_KNOWN;
}

static void take_content(struct spread_result *result,
                         const struct spread_response *response,
                         const struct spread_result_facts *facts)
{
    const struct wsub_targets *self = &response->relations->self;

    wsub_buf_str(&result->etag, response->etag);
    wsub_buf_str(&result->last_modified, response->last_modified);
    wsub_buf_str(&result->type, spread_check_type(response->type)
                                    ? response->type
                                    : DEFAULT_TYPE);
    if (self->count > 0)
        wsub_buf_str(&result->self, wsub_buf_cstr(&self->url[0]));
    wsub_buf_str(&result->source, response->url);
    wsub_digest(response->body, response->body_len, result->digest);
    result->outcome = take_entries(result, response, facts) ? WSUB_FETCH_NEW
                                                            : WSUB_FETCH_KNOWN;
}

/* An address that is not allowed stays so; all else may be better later.  When the
 * publisher says how much later, that is no attempt. */
static void fail(struct spread_result *result,
                 const struct spread_response *response,
                 const struct spread_result_facts *facts)
{
    result->outcome = WSUB_FETCH_FAILED;
    snprintf(result->error, sizeof(result->error), "%s", response->error);
    if (response->again_ms > 0) {
        result->failures = facts->failures;
        result->again = true;
        result->delay_ms = result->pace_ms =
            spread_retry_cap(facts->config, response->again_ms);
        return;
    }
    result->failures = facts->failures + 1;
    result->again = response->outcome != SPREAD_BLOCKED &&
                    spread_retry_plan(facts->config, result->failures,
                                      facts->random, &result->delay_ms);
}

void spread_result_take(struct spread_result *result,
                        const struct spread_response *response,
                        const struct spread_result_facts *facts)
{
    spread_result_clear(result);
    result->status = response->status;
    if (response->outcome == SPREAD_CONTENT)
        take_content(result, response, facts);
    else if (response->outcome == SPREAD_UNCHANGED)
        result->outcome = WSUB_FETCH_UNCHANGED;
    else
        fail(result, response, facts);
}

void spread_result_clear(struct spread_result *result)
{
    wsub_buf_done(&result->etag);
    wsub_buf_done(&result->last_modified);
    wsub_buf_done(&result->type);
    wsub_buf_done(&result->body);
    wsub_buf_done(&result->self);
    wsub_buf_done(&result->source);
    wsub_buf_done(&result->entries);
    *result = (struct spread_result){0};
}
