/* topics_fixture.h - what a spreader's fetches and validations need: a store, an
 * open shard and a publisher; and what they report. */
#ifndef TESTS_UNIT_TOPICS_FIXTURE_H
#define TESTS_UNIT_TOPICS_FIXTURE_H

#include "spreader/topics.h"
#include "common/store/fetches.h"
#include "tests/unit/publisher_fixture.h"
#include "tests/unit/shard_fixture.h"

static size_t over;                     /* topics, by on_over */
static size_t lingering;                /* topics, by on_linger */
static enum wsub_wanted_kind over_kind; /* of the last ones */

REDIS_FIXTURE void on_over(unsigned number, enum wsub_wanted_kind kind,
                           size_t count, void *arg)
{
    (void)arg;
    over_kind = kind;
    ck_assert_uint_eq(number, 0);
    over += count;
}

REDIS_FIXTURE void on_linger(enum wsub_wanted_kind kind, size_t count,
                             void *arg)
{
    (void)arg;
    (void)kind;
    lingering += count;
}

/* What is requested has not been responded to for more than a second. */
REDIS_FIXTURE void topics_linger(void)
{
    wsub_hosts_tick(hosts, wsub_now_us() + 1100000);
}

/* The options hold until topics_tear_down. */
REDIS_FIXTURE const struct spread_topics_options *
topics_set_up(char *hub_url, void (*on_closing)(unsigned number))
{
    static struct spread_topics_options options;

    over = lingering = 0;
    redis_set_up_store();
    if (hub_url != NULL)
        config.public_url = hub_url;
    shard_set_up(on_closing);
    publisher_set_up();
    options = (struct spread_topics_options){
        .store = store,
        .config = &config,
        .client = client,
        .hosts = hosts,
        .on_over = on_over,
        .on_linger = on_linger,
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
    publisher_free_hosts();
    shard_tear_down();
    redis_tear_down();
}

#endif
