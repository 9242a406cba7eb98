/* pull_in_redis.c - the suite of pull subscriptions, for those in Redis.
 *
 * pull-in-redis HUB SPREADER SOCKET CLOCK: the URLs of a redis-server for either
 * program, its unix socket for its operator, and the file that sets its clock
 * (clock.c). */
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/store/owners.h"
#include "common/store/pull/subscriptions_in_redis.h"
#include "common/store/pull/ttl.h"
#include "common/store/store.h"
#include "tests/support/pull_suite.h"
#include "tests/unit/wait.h"

#define EXPIRE_MOST 100
#define LEASE_MS 60000

enum { ARG_HUB = 1, ARG_SPREADER, ARG_SOCKET, ARG_CLOCK, ARG_COUNT };

static const char *socket_path, *clock_path;
static char prefix[] = "websub", empty[] = "";
static struct wsub_config hub_config, spreader_config;
static struct wsub_loop *loop;
static struct wsub_store *hub, *spreader;
static struct wsub_pull_store *pulls;
static long ahead_s;

static void set_clock(void)
{
    FILE *file = fopen(clock_path, "r+b");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(&ahead_s, sizeof(ahead_s), 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

static void flush(void)
{
    redisContext *redis = redisConnectUnix(socket_path);
    void *reply;

    ck_assert_ptr_nonnull(redis);
    reply = redisCommand(redis, "FLUSHALL");
    ck_assert_ptr_nonnull(reply);
    freeReplyObject(reply);
    redisFree(redis);
}

static struct wsub_store *connect_as(const struct wsub_config *config)
{
    char err_text[256];
    struct wsub_store *store;

    ck_assert_int_eq(wsub_store_new(
                         &(struct wsub_store_options){
                             .base = wsub_loop_base(loop),
                             .config = config,
                         },
                         err_text, &store),
                     WSUB_OK);
    return store;
}

static void set_up(void)
{
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    flush();
    set_clock();
    loop = wsub_loop_new(DEADLINE_MS);
    hub = connect_as(&hub_config);
    WAIT_FOR(wsub_loop_base(loop), wsub_store_up(hub));
    spreader = connect_as(&spreader_config);
    WAIT_FOR(wsub_loop_base(loop), wsub_store_up(spreader));
    pulls = wsub_pull_store_in_redis_new(hub);
}

static void tear_down(void)
{
    wsub_store_free(hub);
    wsub_store_free(spreader);
    wsub_pull_store_in_redis_free(pulls);
    wsub_loop_free(loop);
}

static struct wsub_pull_store *store_of(void)
{
    return pulls;
}

static void wait_for(const bool *done)
{
    while (!*done)
        event_base_loop(wsub_loop_base(loop), EVLOOP_ONCE);
}

static void pass_s(unsigned seconds)
{
    ahead_s += seconds;
    set_clock();
}

/* One shard after the other is claimed, looked at and released. */
struct look {
    bool done;
    struct wsub_owned owned;
    uint64_t ended;
};

static void on_released(enum wsub_err err, uint64_t epoch, void *arg)
{
    struct look *look = arg;

    (void)epoch;
    ck_assert_int_eq(err, WSUB_OK);
    look->done = true;
}

static void on_expired(enum wsub_err err,
                       const struct wsub_pull_expired *expired, void *arg)
{
    struct look *look = arg;

    ck_assert_int_eq(err, WSUB_OK);
    ck_assert_int_eq(expired->left == 0, expired->next_ms == UINT64_MAX);
    look->ended = expired->ended;
    wsub_owner_release(spreader, look->owned.shard, look->owned.epoch,
                       on_released, look);
}

static void on_claimed(const struct wsub_claimed *claimed, void *arg)
{
    struct look *look = arg;

    ck_assert_int_eq(claimed->err, WSUB_OK);
    look->owned.epoch = claimed->epoch;
    wsub_pull_expire(spreader, &look->owned, EXPIRE_MOST, on_expired, look);
}

static uint64_t expire(void)
{
    uint64_t ended = 0;

    for (unsigned shard = 0; shard < PULL_SHARDS; shard++) {
        struct look look = {.owned = {.shard = shard}};

        wsub_owner_claim(spreader, shard, &(struct wsub_instance_ref){"me", 1},
                         LEASE_MS, on_claimed, &look);
        wait_for(&look.done);
        ended += look.ended;
    }
    return ended;
}

static struct wsub_config config_of(char *url)
{
    return (struct wsub_config){
        .redis_url = url,
        .key_prefix = prefix,
        .shards = PULL_SHARDS,
        .redis_timeout_ms = DEADLINE_MS,
        .public_url = empty,
        .dns_servers = empty,
    };
}

int main(int argc, char **argv)
{
    static const struct pull_kind kind = {
        .name = "pull_in_redis",
        .set_up = set_up,
        .tear_down = tear_down,
        .store = store_of,
        .wait = wait_for,
        .pass_s = pass_s,
        .expire = expire,
    };

    if (argc != ARG_COUNT) {
        fprintf(stderr, "usage: pull-in-redis HUB SPREADER SOCKET CLOCK\n");
        return EXIT_FAILURE;
    }
    socket_path = argv[ARG_SOCKET];
    clock_path = argv[ARG_CLOCK];
    hub_config = config_of(argv[ARG_HUB]);
    spreader_config = config_of(argv[ARG_SPREADER]);
    wsub_scripts_init();
    return pull_suite_run(&kind);
}
