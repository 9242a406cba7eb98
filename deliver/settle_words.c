#include "deliver/settle_words.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"
#include "deliver/job_entry.h"
#include "deliver/suspect.h"

/* The arguments of an operation, in the words of settle.lua. */
enum argument {
    END,
    EVENT,
    TARGET,
    CD,
    TD,
    TURN_TD,
    TURN,
    GENERATION,
    FAILURES,
    CRASHES,
    DELAY,
    HOST,
    LOST,
    SUSPEND,
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
    [DELIVER_LATER] = {"later", {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
    [DELIVER_PARK] = {"park", {EVENT, TARGET, FAILURES, CRASHES, HOST}},
    [DELIVER_DEAD] = {"dead", {EVENT, TARGET, FAILURES, TOPIC, CALLBACK, WHY}},
    [DELIVER_MISS] = {"miss", {EVENT, TARGET, TD}},
    [DELIVER_SUSPEND] = {"suspend", {EVENT, TARGET, TD, DELAY}},
    [DELIVER_STEP] = {"step", {TURN_TD, CD, TURN, EVENT, LOST}},
    [DELIVER_WAIT] = {"wait",
                      {TURN_TD, CD, TURN, FAILURES, CRASHES, DELAY, SUSPEND}},
    [DELIVER_BURY] = {"bury",
                      {TURN_TD, CD, TURN, EVENT, FAILURES, TOPIC, CALLBACK, WHY,
                       TARGET}},
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
        [CD] = job->cd,
        [TD] = job->td[0] != '\0' ? job->td : "-",
        [TURN_TD] = job->turn_td,
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
    case TURN:
        wsub_cmd_u64(cmd, job->turn);
        break;
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
    case LOST:
        wsub_cmd_u64(cmd, job->lost);
        break;
    case SUSPEND:
        wsub_cmd_u64(cmd, job->suspended);
        break;
    default:
        add_text(cmd, job, argument);
    }
}

static void add_job(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    const enum argument *argument = operations[job->outcome].arguments;

    wsub_cmd_str(cmd, operations[job->outcome].name);
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

/* Writes the positions, from 1, of the jobs that are left before this, or
 * after it; returns how many. */
static unsigned list_left(const struct deliver_bundle *bundle, bool before,
                          struct wsub_buf *ret_list)
{
    unsigned count = 0;

    for (unsigned i = 0; i < bundle->count; i++) {
        if (bundle->jobs[i] == NULL ||
            (!before && is_sent(bundle, bundle->jobs[i])))
            continue;
        if (count++ > 0)
            wsub_buf_char(ret_list, ',');
        wsub_buf_u64(ret_list, i + 1);
    }
    return count;
}

static void open_bundle(struct wsub_cmd *cmd,
                        const struct deliver_bundle *bundle)
{
    struct wsub_buf before = {0}, after = {0};
    bool is_part = list_left(bundle, false, &after) > 0;
    bool is_first = list_left(bundle, true, &before) == bundle->count;

    add_entry(cmd, is_part ? "part" : "rest", bundle);
    wsub_cmd_str(cmd, is_first ? "-" : wsub_buf_cstr(&before));
    if (is_part)
        wsub_cmd_str(cmd, wsub_buf_cstr(&after));
    wsub_buf_done(&before);
    wsub_buf_done(&after);
}

static void open_entry(struct wsub_cmd *cmd,
                       const struct deliver_bundle *bundle)
{
    if (bundle->count > 1)
        open_bundle(cmd, bundle);
    else
        add_entry(cmd, "entry", bundle);
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
        add_entry(cmd, "healed", bundle);
}
