#include "common/http/pool.h"

#include "common/http/stats.h"

#define TO(state) WSUB_BIT(WSUB_HTTP_##state)

const struct wsub_state wsub_http_states[WSUB_HTTP_STATES] = {
    [WSUB_HTTP_IDLE] = {"idle", TO(READING) | TO(WRITING) | TO(LINGERING)},
    [WSUB_HTTP_READING] = {"reading", TO(IDLE) | TO(CHECKED) | TO(HELD) |
                                          TO(HANDLED) | TO(WRITING) |
                                          TO(LINGERING)},
    [WSUB_HTTP_CHECKED] = {"checked", TO(READING)},
    [WSUB_HTTP_HELD] = {"held", TO(READING)},
    [WSUB_HTTP_HANDLED] = {"handled", TO(READING) | TO(IDLE) | TO(STREAMING)},
    [WSUB_HTTP_STREAMING] = {"streaming", TO(IDLE)},
    [WSUB_HTTP_WRITING] = {"writing", TO(IDLE) | TO(LINGERING)},
    [WSUB_HTTP_LINGERING] = {"lingering", 0},
};

/* Of all servers together. */
static void note_gauge(enum wsub_http_stat stat, size_t before, size_t now)
{
    struct wsub_metric *row = &wsub_http_stats[stat];

    wsub_metric_set(row, row->value - before + now);
}

static void note_count(struct wsub_http_pool *pool, size_t count)
{
    note_gauge(WSUB_HTTP_STAT_CONNECTIONS, pool->count, count);
    pool->count = count;
}

void wsub_http_pool_add(struct wsub_http_pool *pool,
                        struct wsub_http_connection *conn)
{
    conn->pool = pool;
    conn->next = pool->first;
    if (conn->next != NULL)
        conn->next->prev = conn;
    pool->first = conn;
    conn->waiter.wait = WSUB_HTTP_WAIT_NONE;
    STAILQ_INIT(&conn->told);
    note_count(pool, pool->count + 1);
}

static void note_streams(struct wsub_http_pool *pool, size_t streams)
{
    note_gauge(WSUB_HTTP_STAT_STREAMS, pool->streams, streams);
    pool->streams = streams;
}

void wsub_http_pool_begin_stream(struct wsub_http_connection *conn)
{
    wsub_http_pool_enter(conn, WSUB_HTTP_STREAMING);
    note_streams(conn->pool, conn->pool->streams + 1);
}

void wsub_http_pool_end_stream(struct wsub_http_connection *conn)
{
    wsub_http_pool_enter(conn, WSUB_HTTP_IDLE);
    note_streams(conn->pool, conn->pool->streams - 1);
}

void wsub_http_pool_tell(struct wsub_http_connection *conn)
{
    if (!STAILQ_EMPTY(&conn->told))
        wsub_http_told_taken(&conn->told, &conn->pool->teller,
                             wsub_http_outgoing_taken(&conn->out, conn->bev));
}

void wsub_http_pool_drop(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;

    if (conn->prev != NULL)
        conn->prev->next = conn->next;
    else
        pool->first = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    wsub_http_eviction_set(&pool->eviction, &conn->waiter, WSUB_HTTP_WAIT_NONE,
                           0);
    wsub_http_budget_disown(&conn->req->reading);
    wsub_http_budget_disown(&conn->req->handling);
    wsub_http_peers_drop(&pool->peers, conn->peer);
    if (conn->state == WSUB_HTTP_STREAMING)
        note_streams(pool, pool->streams - 1);
    wsub_http_pool_tell(conn);
    wsub_http_told_broken(&conn->told, &pool->teller);
    note_count(pool, pool->count - 1);
    conn->pool = NULL;
}
