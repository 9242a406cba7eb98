/* topics_fixture.h - what a spreader's fetches and validations need: a store, an
 * open shard and a publisher; and what they report. */
#ifndef TESTS_UNIT_TOPICS_FIXTURE_H
#define TESTS_UNIT_TOPICS_FIXTURE_H

#include "spreader/topics.h"
#include "common/store/fetches.h"
#include "tests/unit/publisher_fixture.h"
#include "tests/unit/shard_fixture.h"

static size_t over; /* topics, by on_over */

REDIS_FIXTURE void on_over(unsigned number, size_t count, void *arg)
{
    (void)arg;
    ck_assert_uint_eq(number, 0);
    over += count;
}

/* The options hold until topics_tear_down. */
REDIS_FIXTURE const struct spread_topics_options *
topics_set_up(char *hub_url, void (*on_closing)(unsigned number))
{
    static struct spread_topics_options options;

    over = 0;
    redis_set_up_store();
    if (hub_url != NULL)
        config.public_url = hub_url;
    shard_set_up(on_closing);
    publisher_set_up();
    options = (struct spread_topics_options){
        .store = store,
        .config = &config,
        .client = client,
        .on_over = on_over,
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
    shard_tear_down();
    redis_tear_down();
}

#endif
