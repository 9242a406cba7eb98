#include "deliver/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/crypto/digest.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "common/store/topic.h"
#include "deliver/job.h"
#include "deliver/star.h"
#include "deliver/stats.h"

#define ANSWER_MAX_BYTES                                                       \
    65536 /* ignored, and read only to keep the
                                * connection; more closes it */

static char no_expect[] = "Expect:"; /* no 100-continue round trip */

static void job_fail(struct deliver_job *job, const char *why)
{
    const struct wsub_config *config = job->d->config;
    struct wsub_backoff backoff = {.base_ms = config->retry_base_ms,
                                   .cap_ms = config->retry_cap_ms,
                                   .max_tries = config->max_attempts};
    uint32_t draw, delay_ms;

    wsub_random(&draw, sizeof(draw));
    job->failures++;
    snprintf(job->why, sizeof(job->why), "%s", why);
    if (wsub_backoff_next(&backoff, job->failures, draw, &delay_ms)) {
        deliver_stat_add(DELIVER_STAT_RETRIED);
        job->delay_ms = delay_ms;
        deliver_job_settle(job, DELIVER_LATER);
        return;
    }
    deliver_stat_add(DELIVER_STAT_DEAD);
    wsub_log_warn("dead-letter", WSUB_KU("shard", job->shard),
                  WSUB_KV("event", job->event_id),
                  WSUB_KV("callback", job->record.callback),
                  WSUB_KU("attempts", job->failures), WSUB_KV("why", why));
    deliver_job_settle(job, DELIVER_DEAD);
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

static void on_answer(const struct wsub_http_answer *answer, void *arg)
{
    struct deliver_job *job = arg;
    char why[64];

    wsub_log_debug("attempt", WSUB_KV("event", job->event_id),
                   WSUB_KV("callback", job->record.callback),
                   WSUB_KU("status", answer->status),
                   WSUB_KU("ms", answer->duration_ms),
                   WSUB_KV("error", answer->error));
    if (answer->status >= 200 && answer->status < 300) {
        deliver_stat_add(DELIVER_STAT_DELIVERED);
        deliver_job_settle(job, DELIVER_DONE);
    } else if (answer->status == 410) {
        deliver_stat_add(DELIVER_STAT_GONE);
        wsub_log_info("subscription-gone",
                      WSUB_KV("topic", job->content->topic),
                      WSUB_KV("callback", job->record.callback));
        if (job->level == WSUB_LEVEL_ALL)
            end_star(job);
        deliver_job_settle(job, DELIVER_GONE);
    } else if (answer->status != 0) {
        snprintf(why, sizeof(why), "HTTP status %ld", answer->status);
        job_fail(job, why);
    } else {
        job_fail(job, answer->error);
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

/* Writes the signature header when there is a secret; false when the secret
 * can't be opened. */
static bool sign(struct deliver_job *job)
{
    static const char name[] = "X-Hub-Signature: ";
    char context[2 * WSUB_DIGEST_LEN + 2];
    struct wsub_buf secret = {0};
    enum wsub_err err;

    job->signature[0] = '\0';
    if (strcmp(job->record.secret, "-") == 0)
        return true;
    snprintf(context, sizeof(context), "%s:%s", job->td, job->cd);
    err = wsub_open(job->d->ring, context, job->record.secret, &secret);
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
        job_fail(job, "the secret can't be opened");
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
                              .done = on_answer,
                              .arg = job,
                          });
}
