#include "spreader/alerts/rules.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/config.h"

#define NAMED_MAX 10 /* shards in a detail */

const char *const spread_role_names[SPREAD_ROLES] = {"hub", "spreader",
                                                     "deliver"};

static void add(struct spread_alerts_found *found, enum wsub_alert_kind kind,
                const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct spread_alerts_found *found, enum wsub_alert_kind kind,
                const char *subject, const char *format, ...)
{
    va_list args;

    if (found->count == WSUB_ALERTS_MAX)
        return;
    found->places[found->count] = found->texts.len;
    found->list[found->count++] =
        (struct wsub_alert){.kind = kind, .subject = subject};
    va_start(args, format);
    wsub_buf_vprintf(&found->texts, format, args);
    va_end(args);
    wsub_buf_char(&found->texts, '\0');
}

static uint64_t sum(const struct spread_facts *facts, enum wsub_queue queue)
{
    uint64_t entries = 0;

    for (unsigned shard = 0; shard < facts->shards; shard++)
        entries += facts->waiting[shard].queues[queue].entries;
    return entries;
}

/* The age of the oldest entry of a queue over all shards; -1: there is none. */
static int64_t oldest(const struct spread_facts *facts, enum wsub_queue queue,
                      unsigned *ret_shard)
{
    int64_t age_ms = -1;

    for (unsigned shard = 0; shard < facts->shards; shard++) {
        int64_t of_shard_ms = facts->waiting[shard].queues[queue].oldest_ms;

        if (of_shard_ms > age_ms) {
            age_ms = of_shard_ms;
            *ret_shard = shard;
        }
    }
    return age_ms;
}

static void look_at_jobs(const struct wsub_config *config,
                         const struct spread_facts *facts,
                         struct spread_alerts_found *found)
{
    static const enum wsub_queue queues[] = {WSUB_QUEUE_OUTBOX, WSUB_QUEUE_BULK,
                                             WSUB_QUEUE_VERIFY,
                                             WSUB_QUEUE_RETRY_DUE};
    enum wsub_queue of = WSUB_QUEUE_OUTBOX;
    unsigned shard = 0, its_shard = 0;
    int64_t age_ms = -1;

    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        int64_t of_queue_ms = oldest(facts, queues[i], &its_shard);

        if (of_queue_ms > age_ms) {
            age_ms = of_queue_ms;
            of = queues[i];
            shard = its_shard;
        }
    }
    if (age_ms > (int64_t)config->alert_oldest_job_s * 1000)
        add(found, WSUB_ALERT_OLDEST_JOB, "",
            "the oldest job waits for %" PRId64 " s, in %s of shard %u",
            age_ms / 1000, wsub_queue_name(of), shard);
}

static void look_at_log(const struct wsub_config *config,
                        const struct spread_facts *facts,
                        struct spread_alerts_found *found)
{
    uint64_t events = sum(facts, WSUB_QUEUE_LOG);
    unsigned shard = 0;
    int64_t age_ms = oldest(facts, WSUB_QUEUE_LOG, &shard);

    if (events > config->alert_lag ||
        age_ms > (int64_t)config->alert_oldest_job_s * 1000)
        add(found, WSUB_ALERT_LAG, "",
            "%" PRIu64 " events have not begun to be fanned out, the oldest "
            "waits for %" PRId64 " s, in shard %u",
            events, age_ms < 0 ? 0 : age_ms / 1000, shard);
}

static void look_at_owners(const struct spread_facts *facts,
                           struct spread_alerts_found *found)
{
    struct wsub_buf named = {0};
    unsigned count = 0;

    for (unsigned shard = 0; shard < facts->shards; shard++) {
        if (!facts->unowned[shard])
            continue;
        if (count < NAMED_MAX)
            wsub_buf_printf(&named, "%s%u", count > 0 ? ", " : "", shard);
        count++;
    }
    if (count > 0)
        add(found, WSUB_ALERT_SHARD_WITHOUT_OWNER, "",
            "nobody owns %u of %u shards: %s%s", count, facts->shards,
            named.data, count > NAMED_MAX ? " ..." : "");
    wsub_buf_done(&named);
}

static void look_at_processes(const struct spread_facts *facts,
                              struct spread_alerts_found *found)
{
    for (size_t i = 0; i < SPREAD_ROLES; i++)
        if (facts->live[i] == 0)
            add(found, WSUB_ALERT_NO_PROCESS, spread_role_names[i],
                "no %s lives", spread_role_names[i]);
    for (size_t i = 0; i < facts->failed_count; i++)
        add(found, WSUB_ALERT_INSTANCE_FAILED, facts->failed[i].name, "%s",
            facts->failed[i].why);
}

static void look_at_subscriptions(const struct wsub_config *config,
                                  const struct spread_facts *facts,
                                  struct spread_alerts_found *found)
{
    uint64_t suspended = sum(facts, WSUB_QUEUE_SUSPENDED);

    if (suspended * 100 >
        facts->subscriptions * config->alert_suspended_percent)
        add(found, WSUB_ALERT_SUSPENDED, "",
            "%" PRIu64 " of %" PRIu64 " subscriptions are suspended", suspended,
            facts->subscriptions);
    if (facts->letters_come)
        add(found, WSUB_ALERT_DEAD_LETTERS, "",
            "dead letters arrive; there are %" PRIu64,
            sum(facts, WSUB_QUEUE_DEAD));
    if (facts->gaps_come)
        add(found, WSUB_ALERT_GAP, "",
            "events have left before they were delivered");
    if (sum(facts, WSUB_QUEUE_HELD) > 0)
        add(found, WSUB_ALERT_UNDECODABLE, "",
            "%" PRIu64 " entries can't be interpreted and are held",
            sum(facts, WSUB_QUEUE_HELD));
}

static void look_at_redis(const struct wsub_config *config,
                          const struct wsub_server_info *redis,
                          struct spread_alerts_found *found)
{
    uint64_t percent = redis->maxmemory_bytes > 0
                           ? redis->used_bytes * 100 / redis->maxmemory_bytes
                           : 0;

    if (percent >= config->refuse_subscriptions_percent)
        add(found, WSUB_ALERT_MEMORY, "",
            "Redis uses %" PRIu64 "%% of its maxmemory", percent);
    if (redis->policy[0] != '\0' && strcmp(redis->policy, "noeviction") != 0)
        add(found, WSUB_ALERT_REDIS_POLICY, "",
            "maxmemory-policy of Redis is %s: it must be noeviction",
            redis->policy);
    if (!redis->aof)
        add(found, WSUB_ALERT_REDIS_PERSISTENCE, "",
            "Redis keeps no append-only file: set appendonly yes");
    else if (!redis->aof_ok || !redis->rdb_ok)
        add(found, WSUB_ALERT_REDIS_PERSISTENCE, "",
            "Redis could not write its %s",
            !redis->aof_ok ? "append-only file" : "snapshot");
}

void spread_alert_rules(const struct wsub_config *config,
                        const struct spread_facts *facts,
                        struct spread_alerts_found *ret_found)
{
    look_at_jobs(config, facts, ret_found);
    look_at_log(config, facts, ret_found);
    look_at_owners(facts, ret_found);
    look_at_processes(facts, ret_found);
    look_at_subscriptions(config, facts, ret_found);
    look_at_redis(config, &facts->redis, ret_found);
    for (size_t i = 0; i < ret_found->count; i++)
        ret_found->list[i].detail =
            ret_found->texts.data + ret_found->places[i];
}

void spread_alerts_found_done(struct spread_alerts_found *found)
{
    wsub_buf_done(&found->texts);
}
