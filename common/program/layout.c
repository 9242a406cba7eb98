#include "common/program/layout.h"

#include <stdbool.h>

#include <event2/event.h>

#include "common/base/timer.h"
#include "common/store/store.h"

#define LONGEST_MS 1000 /* a program starts without Redis, too */

struct question {
    struct event_base *base; /* owned */
    unsigned shards;         /* 0: as the setting says */
};

static void stop(struct question *question)
{
    event_base_loopbreak(question->base);
}

static void on_up(void *arg)
{
    stop(arg);
}

static bool is_ready(void *arg)
{
    (void)arg;
    return false; /* the line `ready` is the program's */
}

/* Told by the program's own store as well. */
static void on_unusable(const char *sentence, void *arg)
{
    (void)sentence;
    stop(arg);
}

static void on_shards(unsigned shards, void *arg)
{
    struct question *question = arg;

    question->shards = shards;
    stop(question);
}

static void on_time_over(void *arg)
{
    stop(arg);
}

void wsub_layout_ask(struct wsub_config *config)
{
    struct question question = {.base = event_base_new()};
    struct wsub_timer timer;
    struct wsub_store *store;
    char err_text[256];

    wsub_timer_init(&timer, question.base, on_time_over, &question);
    wsub_timer_start_ms(&timer, LONGEST_MS);
    if (wsub_store_new(&(struct wsub_store_options){.base = question.base,
                                                    .config = config,
                                                    .on_up = on_up,
                                                    .is_ready = is_ready,
                                                    .on_unusable = on_unusable,
                                                    .on_shards = on_shards,
                                                    .on_moving = on_up,
                                                    .arg = &question},
                       err_text, &store) == WSUB_OK) {
        event_base_dispatch(question.base);
        wsub_store_free(store);
    }
    wsub_timer_done(&timer);
    event_base_free(question.base);
    if (question.shards != 0)
        config->shards = question.shards;
}
