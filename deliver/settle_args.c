#include "deliver/settle_args.h"

#include <stdio.h>

#include "common/store/entry_id.h"

/* The outcomes of a bundle's jobs that were delivered are one operation, and
 * so are those that were delivered to nobody; this is the sum of them. */
struct sum {
    const char *event; /* NULL: there are none */
    uint64_t count;
};

static void open_bundle(struct wsub_settlement *settlement,
                        const struct deliver_bundle *bundle,
                        const struct wsub_claim *claim)
{
    const struct deliver_job *job;
    uint16_t before = bundle->left, after = before;

    TAILQ_FOREACH(job, &bundle->sent, next)
    {
        after &= (uint16_t) ~(1u << job->position);
    }
    if (before == (1u << bundle->count) - 1)
        before = 0; /* all of them */
    if (after != 0)
        wsub_settlement_part(settlement, claim, before, after);
    else
        wsub_settlement_rest(settlement, claim, before);
}

static void open_entry(struct wsub_settlement *settlement,
                       const struct deliver_bundle *bundle,
                       const struct wsub_claim *claim)
{
    if (bundle->is_cursor)
        wsub_settlement_cursor(settlement, claim, bundle->cursor_td,
                               TAILQ_FIRST(&bundle->sent)->cd,
                               bundle->cursor_number);
    else if (bundle->count > 1)
        open_bundle(settlement, bundle, claim);
    else
        wsub_settlement_job(settlement, claim);
}

/* Of a cursor job it says whether the event was the missed one of a replay. */
static void add_cursor_done(struct wsub_settlement *settlement,
                            const struct deliver_job *job)
{
    char event[WSUB_ENTRY_ID_BYTES + 1];

    snprintf(event, sizeof(event), "%s%s", job->event_id,
             job->is_replay ? "!" : "");
    wsub_settlement_outcome(settlement, &(struct wsub_settled){
                                            .outcome = WSUB_OUTCOME_DONE,
                                            .event = event,
                                            .count = job->lost ? 0 : 1,
                                        });
}

/* A cursor job holds no reference to its event that 410 could release. */
static const char *event_of(const struct deliver_job *job)
{
    return job->bundle->is_cursor && job->outcome == WSUB_OUTCOME_GONE
               ? "-"
               : job->event_id;
}

/* The subscription that the outcome is about.  A test that is tried again is none
 * of its failing jobs, which become missed when it is suspended. */
static const char *td_of(const struct deliver_job *job)
{
    if (job->is_test && job->outcome == WSUB_OUTCOME_RETRY)
        return "-";
    if (job->bundle->is_cursor && job->outcome != WSUB_OUTCOME_GONE)
        return job->bundle->cursor_td;
    return job->td[0] != '\0' ? job->td : "-";
}

static void add_outcome(struct wsub_settlement *settlement,
                        const struct deliver_job *job)
{
    char target[DELIVER_TARGET_MAX];

    deliver_target_write(job->cd, job->level, job->is_replay, target);
    wsub_settlement_outcome(settlement, &(struct wsub_settled){
                                            .outcome = job->outcome,
                                            .event = event_of(job),
                                            .target = target,
                                            .td = td_of(job),
                                            .generation = job->generation,
                                            .failures = job->failures,
                                            .crashes = job->crashes,
                                            .held = job->held,
                                            .delay_ms = job->delay_ms,
                                            .host = job->host,
                                            .topic = job->topic,
                                            .callback = job->callback,
                                            .why = job->why,
                                        });
}

static void add_to_sum(struct sum *sum, const struct deliver_job *job)
{
    sum->event = job->event_id;
    sum->count += job->lost ? 0 : 1;
}

static void add_sum(struct wsub_settlement *settlement,
                    enum wsub_outcome outcome, const struct sum *sum)
{
    if (sum->event != NULL)
        wsub_settlement_outcome(settlement, &(struct wsub_settled){
                                                .outcome = outcome,
                                                .event = sum->event,
                                                .count = sum->count,
                                            });
}

void deliver_settle_args(struct wsub_settlement *settlement,
                         const struct deliver_bundle *bundle)
{
    struct wsub_claim claim = deliver_bundle_claim(bundle);
    const struct deliver_job *job;
    struct sum done = {0}, none = {0};

    open_entry(settlement, bundle, &claim);
    TAILQ_FOREACH(job, &bundle->sent, next)
    {
        if (job->retried && !job->is_replay && !bundle->is_cursor &&
            job->td[0] != '\0')
            wsub_settlement_retried(settlement, job->td, job->cd,
                                    job->event_id);
        if (job->outcome == WSUB_OUTCOME_DONE && bundle->is_cursor)
            add_cursor_done(settlement, job);
        else if (job->outcome == WSUB_OUTCOME_DONE)
            add_to_sum(&done, job);
        else if (job->outcome == WSUB_OUTCOME_NONE)
            add_to_sum(&none, job);
        else
            add_outcome(settlement, job);
    }
    add_sum(settlement, WSUB_OUTCOME_NONE, &none);
    add_sum(settlement, WSUB_OUTCOME_DONE, &done);
    if (bundle->taken_over)
        wsub_settlement_cleared(settlement, &claim);
}
