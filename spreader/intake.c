#include "spreader/intake.h"

#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/progress.h"
#include "common/store/stream_reader.h"
#include "spreader/aside.h"
#include "spreader/check.h"
#include "spreader/fanout.h"
#include "spreader/fetch.h"
#include "spreader/spreader.h"
#include "spreader/validate.h"

#define READ_MAX 16 /* entries of `log` hold whole bodies, 1 MiB or more */
#define TAKEOVER_MARGIN_MS 3000 /* beyond the longest fetch */
#define TAKEOVER_LOG_MS 5000    /* two spreaders on one event share its pages */

enum { STREAM_PINGS, STREAM_LOG, STREAMS };

struct spread_intake {
    struct spreader *s;                  /* borrowed; outlives the intake */
    struct wsub_stream_reader **readers; /* owned; one a shard */
    unsigned stopped;
    size_t room;
    size_t used;
};

static size_t on_grant(size_t want, bool to_take_over, void *arg)
{
    struct spread_intake *intake = arg;
    size_t room = intake->room > intake->used ? intake->room - intake->used : 0;
    size_t granted = room / STREAMS;

    (void)to_take_over;
    if (granted > want)
        granted = want;
    intake->used += granted * STREAMS;
    return granted;
}

static void on_give_back(size_t granted, bool to_take_over, void *arg)
{
    struct spread_intake *intake = arg;

    (void)to_take_over;
    intake->used -= granted * STREAMS;
}

static void kick_readers(void *arg)
{
    struct spread_intake *intake = arg;

    for (unsigned i = 0; i < wsub_store_shards(intake->s->store); i++)
        wsub_stream_reader_kick(intake->readers[i]);
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    struct spread_intake *intake = arg;
    struct spreader *s = intake->s;
    char why[SPREAD_WHY_BYTES];

    intake->used++;
    if (entry->stream == STREAM_LOG) {
        if (spread_check_event(s->store, entry, why))
            spread_fanout_start(s->fanout, entry);
        else
            spread_aside(s, "log", entry, why);
    } else if (!spread_check_ping(s->store, entry, why)) {
        spread_aside(s, "pings", entry, why);
    } else if (wsub_stream_field(entry->fields, "q", NULL) != NULL) {
        spread_validate_start(s->validator, entry);
    } else {
        spread_fetch_start(s->fetcher, entry);
    }
}

static void on_stopped(void *arg)
{
    struct spread_intake *intake = arg;

    intake->stopped++;
    spread_drain_check(intake->s);
}

struct spread_intake *spread_intake_new(struct spreader *s)
{
    struct spread_intake *intake = wsub_calloc(1, sizeof(*intake));
    unsigned shards = wsub_store_shards(s->store);

    intake->s = s;
    intake->room = SPREAD_OPEN_MAX;
    intake->readers = wsub_calloc(shards, sizeof(struct wsub_stream_reader *));
    for (unsigned i = 0; i < shards; i++)
        intake->readers[i] =
            wsub_stream_reader_new(&(struct wsub_stream_reader_options){
                .base = wsub_loop_base(s->loop),
                .store = s->store,
                .shard = i,
                .group = "spread",
                .consumer = s->config->instance_name,
                .streams = {[STREAM_PINGS] = "pings", [STREAM_LOG] = "log"},
                .stream_count = STREAMS,
                .takeover_idle_ms = {[STREAM_PINGS] = s->config->timeout_ms +
                                                      TAKEOVER_MARGIN_MS,
                                     [STREAM_LOG] = TAKEOVER_LOG_MS},
                .read_max = READ_MAX,
                .grant = on_grant,
                .give_back = on_give_back,
                .on_entry = on_entry,
                .on_given = kick_readers,
                .on_stopped = on_stopped,
                .arg = intake,
            });
    return intake;
}

void spread_intake_free(struct spread_intake *intake)
{
    if (intake == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(intake->s->store); i++)
        wsub_stream_reader_free(intake->readers[i]);
    free(intake->readers);
    free(intake);
}

void spread_intake_release(struct spread_intake *intake, size_t count)
{
    if (intake->s->progress != NULL) /* not while going down */
        wsub_progress_note(intake->s->progress);
    intake->used -= count;
    kick_readers(intake);
}

void spread_intake_stop(struct spread_intake *intake)
{
    for (unsigned i = 0; i < wsub_store_shards(intake->s->store); i++)
        wsub_stream_reader_stop(intake->readers[i]);
}

bool spread_intake_stopped(const struct spread_intake *intake)
{
    return intake->stopped == wsub_store_shards(intake->s->store);
}
