/* topics_fixture.h - what a spreader's fetches and validations need: a store, a
 * publisher and a promoter; and what they report.
 */
#ifndef TESTS_UNIT_TOPICS_FIXTURE_H
#define TESTS_UNIT_TOPICS_FIXTURE_H

#include "common/store/promoter.h"
#include "spreader/topics.h"
#include "tests/unit/entry_fixture.h"
#include "tests/unit/publisher_fixture.h"

static struct wsub_promoter *promoter;
static size_t over;   /* entries, by on_done */
static unsigned idle; /* calls of on_idle */

REDIS_FIXTURE void on_done(size_t entries, void *arg)
{
    (void)arg;
    over += entries;
}

REDIS_FIXTURE void on_idle(void *arg)
{
    (void)arg;
    idle++;
}

/* The options hold until topics_tear_down. */
REDIS_FIXTURE const struct spread_topics_options *topics_set_up(char *hub_url)
{
    static struct spread_topics_options options;

    over = 0;
    idle = 0;
    redis_set_up_store();
    if (hub_url != NULL)
        config.public_url = hub_url;
    publisher_set_up();
    promoter = wsub_promoter_new(base, store);
    options = (struct spread_topics_options){
        .loop = loop,
        .store = store,
        .config = &config,
        .client = client,
        .promoter = promoter,
        .on_done = on_done,
        .on_idle = on_idle,
    };
    return &options;
}

/* Ends what is under way; what was made of the options is freed between the
 * two. */
REDIS_FIXTURE void topics_close(void)
{
    wsub_store_close(store);
    publisher_tear_down();
}

REDIS_FIXTURE void topics_tear_down(void)
{
    wsub_promoter_free(promoter);
    redis_tear_down();
}

#endif
