#include "deliver/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/http/client.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "deliver/attempt.h"
#include "deliver/bundle.h"
#include "deliver/history.h"
#include "deliver/job.h"
#include "deliver/judge.h"
#include "deliver/star.h"
#include "deliver/stats.h"
#include "deliver/tries.h"

#define ANSWER_MAX_BYTES                                                       \
    65536 /* ignored, and read only to keep the
                                * connection; more closes it */

static char no_expect[] = "Expect:"; /* no 100-continue round trip */

/* The subscriber, or the subscription, did not do well; `run` failures in a
 * row.  A suspended subscription's turn is a probe and never ends in a dead
 * letter. */
static void job_fail(struct deliver_job *job, const char *why,
                     const char *retry_after, uint32_t run)
{
    const struct wsub_config *config = job->d->config;
    bool suspends = run >= config->suspend_after;
    struct deliver_failure failure = {
        .failures = ++job->failures,
        .retry_after = retry_after,
        .event_ms = strtoull(job->event_id, NULL, 10),
        .now_ms = wsub_store_time_ms(job->d->store),
    };
    enum deliver_judgement judgement;

    wsub_random(&failure.draw, sizeof(failure.draw));
    judgement = deliver_judge_failure(config, &failure, &job->delay_ms);
    if (job->is_turn && (job->suspended || suspends)) {
        job->suspended = true;
        job->delay_ms = deliver_judge_probe(config, &failure);
        deliver_job_settle(job, DELIVER_WAIT);
    } else if (judgement == DELIVER_JUDGED_HOPELESS) {
        deliver_job_give_up(job, why);
    } else if (suspends && !job->is_turn) {
        deliver_job_suspend(job, why);
    } else {
        deliver_stat_add(DELIVER_STAT_RETRIED);
        deliver_job_settle(job, job->is_turn ? DELIVER_WAIT : DELIVER_LATER);
    }
}

static void on_star_ended(enum wsub_err err, void *arg)
{
    (void)err; /* a copy that is left ends by its own 410 */
    free(arg);
}

/* 410 of a `*` subscription: the settler ends it in this shard, this does in
 * the others. */
static void end_star(const struct deliver_job *job)
{
    struct star_name {
        char td[sizeof(job->td)];
        char cd[sizeof(job->cd)];
    } *name = wsub_calloc(1, sizeof(*name));

    memcpy(name->td, job->td, sizeof(name->td));
    memcpy(name->cd, job->cd, sizeof(name->cd));
    deliver_star_copy(job->d,
                      &(struct deliver_star_change){
                          .home = job->shard,
                          .td = name->td,
                          .cd = name->cd,
                          .generation = job->record.generation,
                      },
                      on_star_ended, name);
}

/* Returns the number of failures in a row. */
static uint32_t note_attempt(const struct deliver_job *job,
                             const struct wsub_http_answer *answer)
{
    struct deliver *d = job->d;
    uint32_t run;
    bool delivered =
        deliver_judge_status(answer->status) == DELIVER_JUDGED_WELL;
    struct wsub_attempt attempt = {
        .at_ms = wsub_store_time_ms(d->store),
        .status = (uint16_t)answer->status,
        .duration_ms = (uint32_t)answer->duration_ms,
        .bytes = (uint32_t)job->content->body_len,
        .error = deliver_error_of(answer->outcome, answer->code),
    };

    run = deliver_history_note(d->history, job->shard, job->td, job->cd,
                               &attempt, delivered);
    deliver_tries_plan(d->tries);
    return run;
}

static void job_gone(struct deliver_job *job)
{
    deliver_stat_add(DELIVER_STAT_GONE);
    wsub_log_info("subscription-gone", WSUB_KV("topic", job->content->topic),
                  WSUB_KV("callback", job->record.callback));
    if (job->level == WSUB_LEVEL_ALL)
        end_star(job);
    deliver_job_settle(job, DELIVER_GONE);
}

/* The value of Retry-After, NULL without one. */
static const char *retry_after(const struct wsub_http_answer *answer)
{
    struct curl_header *header;

    return answer->status != 0 &&
                   curl_easy_header(answer->easy, "Retry-After", 0,
                                    CURLH_HEADER, -1, &header) == CURLHE_OK
               ? header->value
               : NULL;
}

/* The attempt timed out because this process stood still: the subscriber may
 * well have answered.  Nobody is charged for it. */
static bool is_our_fault(struct deliver_job *job,
                         const struct wsub_http_answer *answer)
{
    uint64_t now_ms = wsub_now_ms();

    return answer->outcome == WSUB_HTTP_TIMEOUT && answer->status == 0 &&
           deliver_stall_since(&job->d->stall, now_ms - answer->duration_ms,
                               now_ms);
}

static void on_answer(const struct wsub_http_answer *answer, void *arg)
{
    struct deliver_job *job = arg;
    uint32_t run;
    char why[64];

    if (is_our_fault(job, answer)) {
        deliver_job_put_back(job, 0);
        return;
    }
    run = note_attempt(job, answer);
    wsub_log_debug("attempt", WSUB_KV("event", job->event_id),
                   WSUB_KV("callback", job->record.callback),
                   WSUB_KU("status", answer->status),
                   WSUB_KU("ms", answer->duration_ms),
                   WSUB_KV("error", answer->error));
    deliver_host_leave(job->d->hosts, &job->ticket,
                       deliver_sign_of(answer->outcome, answer->status),
                       answer->duration_ms * 1000, wsub_now_us());
    switch (deliver_judge_status(answer->status)) {
    case DELIVER_JUDGED_WELL:
        deliver_stat_add(DELIVER_STAT_DELIVERED);
        if (job->suspended)
            wsub_log_info("subscription-answers-again",
                          WSUB_KV("topic", job->content->topic),
                          WSUB_KV("callback", job->record.callback));
        deliver_job_settle(job, job->is_turn ? DELIVER_STEP : DELIVER_DONE);
        break;
    case DELIVER_JUDGED_GONE:
        job_gone(job);
        break;
    default:
        snprintf(why, sizeof(why), "HTTP status %ld", answer->status);
        job_fail(job, answer->status != 0 ? why : answer->error,
                 retry_after(answer), run);
    }
}

/* Puts `text` in front of the list; libcurl only reads it. */
static struct curl_slist *push_header(struct deliver_job *job, size_t *used,
                                      char *text, struct curl_slist *rest)
{
    struct curl_slist *one = &job->headers[(*used)++];

    one->data = text;
    one->next = rest;
    return one;
}

/* Writes "TD:CD", which secrets are sealed for. */
static void name_secret(const struct deliver_job *job,
                        char ret_context[2 * WSUB_DIGEST_LEN + 2])
{
    memcpy(ret_context, job->td, WSUB_DIGEST_LEN);
    ret_context[WSUB_DIGEST_LEN] = ':';
    memcpy(ret_context + WSUB_DIGEST_LEN + 1, job->cd, sizeof(job->cd));
}

/* Writes the signature header when there is a secret; false when the secret
 * can't be opened. */
static bool sign(struct deliver_job *job)
{
    static const char name[] = "X-Hub-Signature: ";
    char context[2 * WSUB_DIGEST_LEN + 2];
    struct wsub_buf secret = {0};
    enum wsub_err err;

    job->signature[0] = '\0';
    if (job->record.secret_len == 0)
        return true;
    name_secret(job, context);
    err = wsub_open(job->d->ring, context, job->record.secret,
                    job->record.secret_len, &secret);
    if (err == WSUB_OK) {
        memcpy(job->signature, name, sizeof(name));
        wsub_hmac_sign(job->d->hmac, secret.data, secret.len,
                       job->content->body, job->content->body_len,
                       job->signature + sizeof(name) - 1);
        memset(secret.data, 0, secret.len);
    } else {
        wsub_log_error("secret-unreadable",
                       WSUB_KV("callback", job->record.callback),
                       WSUB_KV("why", err == WSUB_ERR_NOT_FOUND
                                          ? "secret_keys_file lacks its key"
                                          : "it is damaged"));
    }
    wsub_buf_done(&secret);
    return err == WSUB_OK;
}

void deliver_send(struct deliver_job *job)
{
    struct curl_slist *headers = NULL;
    size_t used = 0;

    if (!sign(job)) {
        job_fail(job, "the secret can't be opened", NULL, 0);
        return;
    }
    headers = push_header(job, &used, no_expect, headers);
    headers = push_header(job, &used, job->d->user_agent, headers);
    headers = push_header(job, &used, job->content->link_header, headers);
    headers = push_header(job, &used, job->content->type_header, headers);
    if (job->signature[0] != '\0')
        headers = push_header(job, &used, job->signature, headers);
    wsub_http_client_send(job->d->client,
                          &(struct wsub_http_send){
                              .url = job->record.callback,
                              .headers = headers,
                              .body = job->content->body,
                              .body_len = job->content->body_len,
                              .timeout_ms = job->d->config->timeout_ms,
                              .answer_max_bytes = ANSWER_MAX_BYTES,
                              .patient = job->bundle->lane == DELIVER_LANE_BULK,
                              .done = on_answer,
                              .arg = job,
                          });
}
