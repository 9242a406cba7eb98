#include "common/cluster/heartbeat.h"

#include "common/base/loop.h"

bool wsub_heartbeat_fresh(const struct wsub_heartbeat *heartbeat)
{
    return heartbeat->confirmed_ms != 0 &&
           wsub_now_ms() - heartbeat->confirmed_ms <
               heartbeat->o.config->heartbeat_timeout_ms;
}

static void on_beat(const struct wsub_beat *beat, void *arg)
{
    struct wsub_heartbeat *heartbeat = arg;
    struct wsub_beat told = *beat;

    heartbeat->is_sent = false;
    if (heartbeat->incarnation == 0)
        return;
    if (beat->err == WSUB_ERR_FENCED)
        heartbeat->o.on_fenced(beat->why, heartbeat->o.arg);
    if (beat->err != WSUB_OK)
        return;
    told.is_late |= heartbeat->was_late || !wsub_heartbeat_fresh(heartbeat);
    heartbeat->was_late = false;
    heartbeat->confirmed_ms = heartbeat->sent_ms;
    heartbeat->o.on_beat(&told, heartbeat->o.arg);
}

static void on_next(void *arg)
{
    struct wsub_heartbeat *heartbeat = arg;
    const struct wsub_config *config = heartbeat->o.config;

    wsub_timer_start_ms(&heartbeat->next, config->heartbeat_interval_ms);
    if (heartbeat->is_sent)
        return;
    heartbeat->is_sent = true;
    heartbeat->sent_ms = wsub_now_ms();
    wsub_instance_beat(heartbeat->o.store,
                       &(struct wsub_instance_ref){
                           .name = config->instance_name,
                           .incarnation = heartbeat->incarnation,
                       },
                       heartbeat->o.role, config->heartbeat_timeout_ms, on_beat,
                       heartbeat);
}

void wsub_heartbeat_init(struct wsub_heartbeat *heartbeat,
                         const struct wsub_heartbeat_options *options)
{
    *heartbeat = (struct wsub_heartbeat){.o = *options};
    wsub_timer_init(&heartbeat->next, options->base, on_next, heartbeat);
}

void wsub_heartbeat_done(struct wsub_heartbeat *heartbeat)
{
    wsub_timer_done(&heartbeat->next);
}

void wsub_heartbeat_begin(struct wsub_heartbeat *heartbeat,
                          uint64_t incarnation, uint64_t sent_ms)
{
    if (incarnation != heartbeat->incarnation) {
        heartbeat->incarnation = incarnation;
        heartbeat->was_late = true;
    }
    heartbeat->confirmed_ms = sent_ms;
    wsub_timer_plan_ms(&heartbeat->next,
                       heartbeat->o.config->heartbeat_interval_ms);
}

void wsub_heartbeat_rest(struct wsub_heartbeat *heartbeat)
{
    heartbeat->incarnation = 0;
    heartbeat->confirmed_ms = 0;
    wsub_timer_stop(&heartbeat->next);
}

void wsub_heartbeat_in(struct wsub_heartbeat *heartbeat, uint64_t ms)
{
    if (heartbeat->incarnation != 0)
        wsub_timer_start_ms(&heartbeat->next, ms);
}
