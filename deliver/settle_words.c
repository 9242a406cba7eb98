#include "deliver/settle_words.h"

#include <stdbool.h>
#include <string.h>

#include "deliver/job_entry.h"
#include "deliver/suspect.h"

/* The arguments of an operation, in the words of settle.lua. */
enum argument {
    END,
    EVENT,
    TARGET,
    TD,
    GENERATION,
    FAILURES,
    CRASHES,
    DELAY,
    HOST,
    DELIVERED,
    TOPIC,
    CALLBACK,
    WHY,
};

#define ARGUMENTS_MAX 10

/* DELIVER_DONE is add_done()'s. */
static const struct {
    const char *name;
    enum argument arguments[ARGUMENTS_MAX];
} operations[] = {
    [DELIVER_GONE] = {"gone", {EVENT, TARGET, TD, GENERATION}},
    [DELIVER_LATER] = {"retry", {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
    [DELIVER_PARK] = {"park", {EVENT, TARGET, FAILURES, CRASHES, HOST}},
    [DELIVER_DEAD] = {"dead", {EVENT, TARGET, FAILURES, TOPIC, CALLBACK, WHY}},
    [DELIVER_MISS] = {"miss", {EVENT, TARGET, TD}},
    [DELIVER_SUSPEND] = {"suspend",
                         {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
    [DELIVER_STEP] = {"done", {EVENT, DELIVERED}},
    [DELIVER_WAIT] = {"retry", {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
    [DELIVER_BURY] = {"dead", {EVENT, TARGET, FAILURES, TOPIC, CALLBACK, WHY}},
};

/* A turn holds no reference to its event that 410 could release. */
static const char *event_of(const struct deliver_job *job)
{
    return job->is_turn && job->outcome == DELIVER_GONE ? "-" : job->event_id;
}

static void add_text(struct wsub_cmd *cmd, const struct deliver_job *job,
                     enum argument argument)
{
    char target[DELIVER_TARGET_MAX];
    const char *text[] = {
        [EVENT] = event_of(job),
        [TARGET] = target,
        [TD] = job->td[0] != '\0' ? job->td : "-",
        [HOST] = job->ticket.host_name,
        [TOPIC] = job->content != NULL ? job->content->topic : "",
        [CALLBACK] = job->record.callback,
        [WHY] = job->why,
    };

    deliver_job_target(job, target);
    wsub_cmd_str(cmd, text[argument]);
}

static void add_argument(struct wsub_cmd *cmd, const struct deliver_job *job,
                         enum argument argument)
{
    switch (argument) {
    case GENERATION:
        wsub_cmd_u64(cmd, job->record.generation);
        break;
    case FAILURES:
        wsub_cmd_u64(cmd, job->failures);
        break;
    case CRASHES:
        wsub_cmd_u64(cmd, deliver_suspect_certain(job));
        break;
    case DELAY:
        wsub_cmd_u64(cmd, job->delay_ms);
        break;
    case DELIVERED:
        wsub_cmd_u64(cmd, !job->lost);
        break;
    default:
        add_text(cmd, job, argument);
    }
}

static void add_job(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    bool suspends = job->outcome == DELIVER_WAIT && job->suspended;
    enum deliver_outcome outcome = suspends ? DELIVER_SUSPEND : job->outcome;
    const enum argument *argument = operations[outcome].arguments;

    wsub_cmd_str(cmd, operations[outcome].name);
    for (; *argument != END; argument++)
        add_argument(cmd, job, *argument);
}

/* What was delivered is only counted. */
static void add_done(struct wsub_cmd *cmd, const struct deliver_bundle *bundle)
{
    const struct deliver_job *job, *any = NULL;
    uint64_t count = 0;

    TAILQ_FOREACH(job, &bundle->sent, next)
    {
        if (job->outcome == DELIVER_DONE) {
            any = job;
            count++;
        }
    }
    if (any == NULL)
        return;
    wsub_cmd_str(cmd, "done");
    wsub_cmd_str(cmd, any->event_id);
    wsub_cmd_u64(cmd, count);
}

static void add_retried(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    wsub_cmd_str(cmd, "retried");
    wsub_cmd_str(cmd, job->td);
    wsub_cmd_str(cmd, job->cd);
    wsub_cmd_str(cmd, job->event_id);
}

static void add_entry(struct wsub_cmd *cmd, const char *word,
                      const struct deliver_bundle *bundle)
{
    wsub_cmd_str(cmd, word);
    wsub_cmd_str(cmd, deliver_lane_name(bundle->lane));
    wsub_cmd_str(cmd, bundle->entry_id);
}

static bool is_sent(const struct deliver_bundle *bundle,
                    const struct deliver_job *job)
{
    const struct deliver_job *sent;

    TAILQ_FOREACH(sent, &bundle->sent, next)
    {
        if (sent == job)
            return true;
    }
    return false;
}

/* The jobs, as a mask, that are left before this, or after it. */
static unsigned mask_left(const struct deliver_bundle *bundle, bool before)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < bundle->count; i++) {
        if (bundle->jobs[i] != NULL &&
            (before || !is_sent(bundle, bundle->jobs[i])))
            mask |= 1u << i;
    }
    return mask;
}

static void open_bundle(struct wsub_cmd *cmd,
                        const struct deliver_bundle *bundle)
{
    unsigned before = mask_left(bundle, true);
    unsigned left = mask_left(bundle, false);

    add_entry(cmd, left != 0 ? "part" : "rest", bundle);
    if (before == (1u << bundle->count) - 1)
        wsub_cmd_str(cmd, "-");
    else
        wsub_cmd_u64(cmd, before);
    if (left != 0)
        wsub_cmd_u64(cmd, left);
}

static void open_entry(struct wsub_cmd *cmd,
                       const struct deliver_bundle *bundle)
{
    const struct deliver_job *job = TAILQ_FIRST(&bundle->sent);

    if (bundle->count > 1) {
        open_bundle(cmd, bundle);
    } else if (job->is_turn) {
        add_entry(cmd, "cursor", bundle);
        wsub_cmd_str(cmd, job->turn_td);
        wsub_cmd_str(cmd, job->cd);
        wsub_cmd_u64(cmd, job->turn);
    } else {
        add_entry(cmd, "job", bundle);
    }
}

void deliver_settle_words(struct wsub_cmd *cmd,
                          const struct deliver_bundle *bundle)
{
    const struct deliver_job *job;

    open_entry(cmd, bundle);
    TAILQ_FOREACH(job, &bundle->sent, next)
    {
        if (job->retried && !job->is_turn && job->td[0] != '\0')
            add_retried(cmd, job);
        if (job->outcome != DELIVER_DONE)
            add_job(cmd, job);
    }
    add_done(cmd, bundle);
    if (bundle->taken_over)
        add_entry(cmd, "cleared", bundle);
}
