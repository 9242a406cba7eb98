/* resolver.c - see resolver.h.
 *
 *   find --known--> names
 *     '--> query: queued -> quick --SLOW_AFTER_MS--> slow
 *                              '---------------------'--> on_result
 *
 * At most QUICK_MAX young queries are in flight, a burst that the socket
 * buffers on both sides can hold; the rest queues in its order.  A
 * query that has become slow gives its place to the next.  Only when SLOW_MAX
 * are slow does the queue wait for them, until they time out.
 *
 * c-ares calls back from within ares_getaddrinfo() when it needs no server.
 * Queries are therefore started from the loop only, never by find(). */
#include "common/net/resolver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <ares.h>
#include <uthash.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/net/ares_compat.h"
#include "common/net/ares_events.h"
#include "common/net/ares_result.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define NAMES_MAX 65536 /* some 200 bytes each */
#define QUICK_MAX 128   /* two packets of up to 1 KB of buffer each */
#define SLOW_MAX 4096
#define SLOW_AFTER_MS 100
#define TICK_MS 20
#define TRIES 2 /* of each server; the second waits twice as long */

struct wsub_name_query {
    struct wsub_resolver *resolver;
    char *host; /* owned; the key */
    LIST_HEAD(, wsub_name_wait) waits;
    uint64_t started_ms;
    bool slow;
    TAILQ_ENTRY(wsub_name_query) in_list; /* queued, quick or slow */
    UT_hash_handle hh;
};

TAILQ_HEAD(query_list, wsub_name_query);

enum kind { SEARCHING, ABSOLUTE, KINDS };

struct channel {
    ares_channel ares;               /* owned; NULL when it can't be made */
    struct wsub_ares_events *events; /* owned */
};

struct wsub_resolver {
    struct wsub_resolver_options o;
    struct channel channels[KINDS];
    struct wsub_names *names;      /* owned */
    struct wsub_name_query *table; /* owned; all queries */
    struct query_list queued, quick, slow;
    unsigned quick_count, slow_count;
    struct wsub_timer pump;    /* starts queries */
    struct wsub_timer tick;    /* runs while queries are in flight */
    struct timespec conf_time; /* of the resolv.conf that was read */
    bool stale;                /* resolv.conf has changed since */
    bool closing;
};

static bool is_idle(const struct wsub_resolver *resolver)
{
    return resolver->quick_count + resolver->slow_count == 0;
}

static struct timespec conf_time(void)
{
    struct stat about = {0};

    return stat(RESOLV_CONF, &about) == 0 ? about.st_mtim
                                          : (struct timespec){0};
}

static void close_channel(struct channel *channel)
{
    if (channel->ares != NULL)
        ares_destroy(channel->ares);
    channel->ares = NULL;
}

/* `server_timeout_ms` is how long the first try of a server waits. */
static int make_channel(struct wsub_resolver *resolver, enum kind kind,
                        uint32_t server_timeout_ms)
{
    struct channel *channel = &resolver->channels[kind];
    struct ares_options options = {
        .flags = ARES_FLAG_NOALIASES,
        .timeout = (int)server_timeout_ms,
        .tries = TRIES,
        .ndots = 1,
        .sock_state_cb = wsub_ares_events_changed,
        .sock_state_cb_data = channel->events,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_NDOTS | ARES_OPT_SOCK_STATE_CB;
    int status;

    close_channel(channel);
    if (kind == ABSOLUTE) { /* of the two, each version of c-ares knows one */
        options.flags |= ARES_FLAG_NOSEARCH;
        mask |= ARES_OPT_DOMAINS; /* none */
    }
    mask |= wsub_ares_without_cache(&options);
    status = ares_init_options(&channel->ares, &options, mask);
    if (status != ARES_SUCCESS)
        channel->ares = NULL;
    else
        status = wsub_ares_ignore_malformed(channel->ares);
    if (status == ARES_SUCCESS && resolver->o.servers[0] != '\0')
        status = ares_set_servers_ports_csv(channel->ares, resolver->o.servers);
    if (status != ARES_SUCCESS)
        close_channel(channel);
    return status;
}

/* The servers share three quarters of the time, so that a name of which only
 * one record was found is still known before its waits end.  How many they
 * are is known once the channel is made. */
static void open_channel(struct wsub_resolver *resolver, enum kind kind)
{
    struct channel *channel = &resolver->channels[kind];
    uint32_t count, share_ms = resolver->o.timeout_ms / 4 + 1;
    int status = make_channel(resolver, kind, share_ms);

    if (status == ARES_SUCCESS) {
        count = wsub_ares_server_count(channel->ares);
        if (count > 1)
            status = make_channel(resolver, kind, share_ms / count + 1);
    }
    if (status != ARES_SUCCESS)
        wsub_log_error("resolver-failed",
                       WSUB_KE("why", ares_strerror(status)));
    wsub_ares_events_use(channel->events, channel->ares);
}

static void open_channels(struct wsub_resolver *resolver)
{
    resolver->conf_time = conf_time();
    resolver->stale = false;
    for (enum kind kind = 0; kind < KINDS; kind++)
        open_channel(resolver, kind);
}

static ares_channel channel_for(const struct wsub_resolver *resolver,
                                const char *host)
{
    bool is_absolute = strchr(host, '.') != NULL && !resolver->o.search_dotted;

    return resolver->channels[is_absolute ? ABSOLUTE : SEARCHING].ares;
}

static void look_at_conf(struct wsub_resolver *resolver)
{
    struct timespec time = conf_time();

    if (resolver->o.servers[0] == '\0' &&
        (time.tv_sec != resolver->conf_time.tv_sec ||
         time.tv_nsec != resolver->conf_time.tv_nsec))
        resolver->stale = true;
}

/* Takes the query from its list. */
static void leave(struct wsub_name_query *query)
{
    struct wsub_resolver *resolver = query->resolver;

    if (query->slow) {
        TAILQ_REMOVE(&resolver->slow, query, in_list);
        resolver->slow_count--;
    } else {
        TAILQ_REMOVE(&resolver->quick, query, in_list);
        resolver->quick_count--;
    }
}

static void query_free(struct wsub_name_query *query)
{
    struct wsub_name_wait *wait;

    while ((wait = LIST_FIRST(&query->waits)) != NULL)
        wsub_resolver_drop(wait);
    HASH_DEL(query->resolver->table, query);
    free(query->host);
    free(query);
}

/* The last thing done to a query. */
static void finish(struct wsub_name_query *query, const struct wsub_name *name,
                   uint32_t ttl_s)
{
    struct wsub_resolver *resolver = query->resolver;
    const struct wsub_name *kept = wsub_names_keep(resolver->names, query->host,
                                                   name, ttl_s, wsub_now_ms());
    struct wsub_name_wait *wait;

    while ((wait = LIST_FIRST(&query->waits)) != NULL) {
        wsub_resolver_drop(wait);
        wait->on_name(wait, kept);
    }
    query_free(query);
}

static void on_result(void *arg, int status, int timeouts,
                      struct ares_addrinfo *result)
{
    struct wsub_name_query *query = arg;
    struct wsub_resolver *resolver = query->resolver;
    struct wsub_buf addresses = {0};
    struct wsub_name name;
    uint32_t ttl_s = 0;

    (void)timeouts;
    leave(query);
    if (resolver->closing) {
        query_free(query);
    } else {
        name.status = wsub_ares_result(status, result, resolver->o.egress,
                                       &addresses, &ttl_s);
        name.addresses = wsub_buf_cstr(&addresses);
        finish(query, &name, ttl_s);
        wsub_timer_now(&resolver->pump);
    }
    wsub_buf_done(&addresses);
    ares_freeaddrinfo(result);
}

static void query_start(struct wsub_name_query *query)
{
    static const struct ares_addrinfo_hints hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = ARES_AI_NOSORT,
    };
    struct wsub_resolver *resolver = query->resolver;
    ares_channel channel = channel_for(resolver, query->host);

    TAILQ_REMOVE(&resolver->queued, query, in_list);
    TAILQ_INSERT_TAIL(&resolver->quick, query, in_list);
    resolver->quick_count++;
    query->started_ms = wsub_now_ms();
    if (channel != NULL)
        ares_getaddrinfo(channel, query->host, NULL, &hints, on_result, query);
    else
        on_result(query, ARES_ENOTINITIALIZED, 0, NULL);
}

/* Starts as many queries as may be in flight.  A changed resolv.conf is read
 * once those in flight have ended, which takes no longer than a name's
 * time-out. */
static void on_pump(void *arg)
{
    struct wsub_resolver *resolver = arg;
    struct wsub_name_query *query;

    look_at_conf(resolver);
    if (is_idle(resolver) &&
        (resolver->stale || resolver->channels[SEARCHING].ares == NULL ||
         resolver->channels[ABSOLUTE].ares == NULL))
        open_channels(resolver);
    while (!resolver->stale && resolver->quick_count < QUICK_MAX &&
           (query = TAILQ_FIRST(&resolver->queued)) != NULL)
        query_start(query);
    if (!is_idle(resolver))
        wsub_timer_plan_ms(&resolver->tick, TICK_MS);
}

static void slow_down(struct wsub_resolver *resolver, uint64_t now_ms)
{
    struct wsub_name_query *query;

    while ((query = TAILQ_FIRST(&resolver->quick)) != NULL &&
           resolver->slow_count < SLOW_MAX &&
           now_ms - query->started_ms >= SLOW_AFTER_MS) {
        leave(query);
        query->slow = true;
        TAILQ_INSERT_TAIL(&resolver->slow, query, in_list);
        resolver->slow_count++;
    }
}

static void on_tick(void *arg)
{
    struct wsub_resolver *resolver = arg;

    for (enum kind kind = 0; kind < KINDS; kind++)
        if (resolver->channels[kind].ares != NULL)
            ares_process_fd(resolver->channels[kind].ares, ARES_SOCKET_BAD,
                            ARES_SOCKET_BAD);
    slow_down(resolver, wsub_now_ms());
    on_pump(resolver);
}

struct wsub_resolver *
wsub_resolver_new(const struct wsub_resolver_options *options)
{
    struct wsub_resolver *resolver = wsub_calloc(1, sizeof(*resolver));

    resolver->o = *options;
    TAILQ_INIT(&resolver->queued);
    TAILQ_INIT(&resolver->quick);
    TAILQ_INIT(&resolver->slow);
    resolver->names = wsub_names_new(NAMES_MAX);
    for (enum kind kind = 0; kind < KINDS; kind++)
        resolver->channels[kind].events = wsub_ares_events_new(options->base);
    wsub_timer_init(&resolver->pump, options->base, on_pump, resolver);
    wsub_timer_init(&resolver->tick, options->base, on_tick, resolver);
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        wsub_panic("c-ares does not start");
    open_channels(resolver);
    return resolver;
}

void wsub_resolver_free(struct wsub_resolver *resolver)
{
    struct wsub_name_query *query;

    if (resolver == NULL)
        return;
    resolver->closing = true;
    for (enum kind kind = 0; kind < KINDS; kind++)
        close_channel(&resolver->channels[kind]); /* ends its queries */
    while ((query = TAILQ_FIRST(&resolver->queued)) != NULL) {
        TAILQ_REMOVE(&resolver->queued, query, in_list);
        query_free(query);
    }
    for (enum kind kind = 0; kind < KINDS; kind++)
        wsub_ares_events_free(resolver->channels[kind].events);
    wsub_names_free(resolver->names);
    wsub_timer_done(&resolver->pump);
    wsub_timer_done(&resolver->tick);
    free(resolver);
    ares_library_cleanup();
}

static struct wsub_name_query *query_make(struct wsub_resolver *resolver,
                                          const char *host)
{
    struct wsub_name_query *query = wsub_calloc(1, sizeof(*query));

    query->resolver = resolver;
    query->host = wsub_strdup(host);
    LIST_INIT(&query->waits);
    HASH_ADD_KEYPTR(hh, resolver->table, query->host, strlen(host), query);
    TAILQ_INSERT_TAIL(&resolver->queued, query, in_list);
    wsub_timer_now(&resolver->pump);
    return query;
}

const struct wsub_name *wsub_resolver_known(struct wsub_resolver *resolver,
                                            const char *host)
{
    return wsub_names_find(resolver->names, host, wsub_now_ms());
}

const struct wsub_name *wsub_resolver_find(struct wsub_resolver *resolver,
                                           const char *host,
                                           struct wsub_name_wait *wait)
{
    const struct wsub_name *name =
        wsub_names_find(resolver->names, host, wsub_now_ms());
    struct wsub_name_query *query;

    if (name != NULL)
        return name;
    HASH_FIND_STR(resolver->table, host, query);
    if (query == NULL)
        query = query_make(resolver, host);
    wait->query = query;
    LIST_INSERT_HEAD(&query->waits, wait, in_query);
    return NULL;
}

void wsub_resolver_drop(struct wsub_name_wait *wait)
{
    if (wait->query == NULL)
        return;
    LIST_REMOVE(wait, in_query);
    wait->query = NULL;
}
