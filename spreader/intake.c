#include "spreader/intake.h"

#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "spreader/check.h"
#include "spreader/credit.h"
#include "spreader/fanout.h"
#include "spreader/fetch.h"
#include "spreader/rejected.h"
#include "spreader/validate.h"

#define READ_MAX 16 /* entries of `log` hold whole bodies, 1 MiB or more */
#define TAKEOVER_MARGIN_MS 3000 /* beyond the longest fetch */
#define TAKEOVER_LOG_MS 5000    /* two spreaders on one event share its pages */

enum { STREAM_PINGS, STREAM_LOG, STREAMS };

struct spread_intake {
    struct spread_intake_options o;
    struct wsub_stream_reader **readers; /* owned; one a shard */
    unsigned stopped;                    /* of them */
    struct spread_credit credit;
};

static size_t on_grant(size_t want, bool to_take_over, void *arg)
{
    struct spread_intake *intake = arg;

    (void)to_take_over;
    return spread_credit_take(&intake->credit, want, STREAMS);
}

static void on_give_back(size_t granted, bool to_take_over, void *arg)
{
    struct spread_intake *intake = arg;

    (void)to_take_over;
    spread_credit_give_back(&intake->credit, granted, STREAMS);
}

static void kick_readers(void *arg)
{
    struct spread_intake *intake = arg;

    for (unsigned i = 0; i < wsub_store_shards(intake->o.store); i++)
        wsub_stream_reader_kick(intake->readers[i]);
}

static void take_event(const struct spread_intake_options *o,
                       const struct wsub_stream_entry *entry)
{
    char why[SPREAD_WHY_BYTES];

    if (spread_check_event(o->store, entry, why))
        spread_fanout_start(o->fanout, entry);
    else
        spread_reject(o->rejecter, WSUB_KEY_LOG, entry, why);
}

static void take_announcement(const struct spread_intake_options *o,
                              const struct wsub_stream_entry *entry)
{
    char why[SPREAD_WHY_BYTES];

    if (!spread_check_ping(o->store, entry, why))
        spread_reject(o->rejecter, WSUB_KEY_PINGS, entry, why);
    else if (wsub_stream_field(entry->fields, "q", NULL) != NULL)
        spread_validate_start(o->validator, entry);
    else
        spread_fetch_start(o->fetcher, entry);
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    struct spread_intake *intake = arg;

    spread_credit_hold(&intake->credit);
    if (entry->stream == STREAM_LOG)
        take_event(&intake->o, entry);
    else
        take_announcement(&intake->o, entry);
}

static void on_stopped(void *arg)
{
    struct spread_intake *intake = arg;

    intake->stopped++;
    if (spread_intake_stopped(intake))
        intake->o.on_stopped(intake->o.arg);
}

static struct wsub_stream_reader *reader_new(struct spread_intake *intake,
                                             unsigned shard)
{
    const struct wsub_config *config = intake->o.config;

    return wsub_stream_reader_new(&(struct wsub_stream_reader_options){
        .base = wsub_loop_base(intake->o.loop),
        .store = intake->o.store,
        .shard = shard,
        .group = WSUB_GROUP_SPREAD,
        .consumer = config->instance_name,
        .streams =
            {[STREAM_PINGS] = WSUB_KEY_PINGS, [STREAM_LOG] = WSUB_KEY_LOG},
        .stream_count = STREAMS,
        .takeover_idle_ms = {[STREAM_PINGS] =
                                 config->timeout_ms + TAKEOVER_MARGIN_MS,
                             [STREAM_LOG] = TAKEOVER_LOG_MS},
        .read_max = READ_MAX,
        .credit = on_grant,
        .give_back = on_give_back,
        .on_entry = on_entry,
        .on_given = kick_readers,
        .on_stopped = on_stopped,
        .arg = intake,
    });
}

struct spread_intake *
spread_intake_new(const struct spread_intake_options *options)
{
    struct spread_intake *intake = wsub_calloc(1, sizeof(*intake));
    unsigned shards = wsub_store_shards(options->store);

    intake->o = *options;
    intake->credit.capacity = SPREAD_ENTRIES_MAX;
    intake->readers = wsub_calloc(shards, sizeof(*intake->readers));
    for (unsigned i = 0; i < shards; i++)
        intake->readers[i] = reader_new(intake, i);
    return intake;
}

void spread_intake_free(struct spread_intake *intake)
{
    if (intake == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(intake->o.store); i++)
        wsub_stream_reader_free(intake->readers[i]);
    free(intake->readers);
    free(intake);
}

void spread_intake_release(struct spread_intake *intake, size_t entries)
{
    spread_credit_release(&intake->credit, entries);
    kick_readers(intake);
}

void spread_intake_stop(struct spread_intake *intake)
{
    for (unsigned i = 0; i < wsub_store_shards(intake->o.store); i++)
        wsub_stream_reader_stop(intake->readers[i]);
}

bool spread_intake_stopped(const struct spread_intake *intake)
{
    return intake->stopped == wsub_store_shards(intake->o.store);
}
