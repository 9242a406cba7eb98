#include "spreader/alerts/channel.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/place.h"
#include "common/store/store.h"

#define AGAIN_MS 1000
#define AGAIN_MAX_MS 60000
#define LEFT_OUT_MS 3600000 /* what is older is no news */

struct spread_channel {
    struct spread_channel_options o;
    struct wsub_timer timer; /* to look, or to send again */
    uint64_t epoch;          /* 0: somebody else is the coordinator */
    bool is_reading, is_sending;
    uint32_t failures; /* of the notice that is sent */
    char *texts[WSUB_NOTICES_MAX]
               [5]; /* owned; id, state, kind, subject, detail */
    uint64_t since_ms[WSUB_NOTICES_MAX];
    size_t count, next;          /* of those that were read */
    char sent[WSUB_PLACE_BYTES]; /* the last one; "": none since the start */
};

static void forget(struct spread_channel *channel)
{
    for (size_t i = 0; i < channel->count; i++)
        for (size_t k = 0; k < 5; k++)
            free(channel->texts[i][k]);
    channel->count = channel->next = 0;
    channel->failures = 0;
}

static void keep(struct spread_channel *channel,
                 const struct wsub_notice *notice)
{
    char **texts = channel->texts[channel->count];

    texts[0] = wsub_strdup(notice->id);
    texts[1] = wsub_strdup(notice->state);
    texts[2] = wsub_strdup(notice->kind);
    texts[3] = wsub_strdup(notice->subject);
    texts[4] = wsub_strdup(notice->detail);
    channel->since_ms[channel->count++] = notice->since_ms;
}

static struct wsub_notice notice_of(const struct spread_channel *channel)
{
    char *const *texts = channel->texts[channel->next];

    return (struct wsub_notice){
        .id = texts[0],
        .state = texts[1],
        .kind = texts[2],
        .subject = texts[3],
        .detail = texts[4],
        .since_ms = channel->since_ms[channel->next],
    };
}

static void read_next(struct spread_channel *channel);

static bool is_old(const struct spread_channel *channel, const char *id)
{
    return wsub_place_of(0, id).ms + LEFT_OUT_MS <
           wsub_store_time_ms(channel->o.store);
}

static void pass(struct spread_channel *channel)
{
    snprintf(channel->sent, sizeof(channel->sent), "%s",
             channel->texts[channel->next][0]);
    channel->next++;
    channel->failures = 0;
}

static void send_next(struct spread_channel *channel)
{
    struct wsub_notice notice;

    while (channel->epoch != 0 && channel->next < channel->count) {
        notice = notice_of(channel);
        if (!is_old(channel, notice.id)) {
            channel->is_sending = true;
            channel->o.send(&notice, channel->o.arg);
            return;
        }
        wsub_log_warn("alert-left-out", WSUB_KV("channel", channel->o.name),
                      WSUB_KV("kind", notice.kind),
                      WSUB_KV("subject", notice.subject));
        pass(channel);
    }
    forget(channel);
    read_next(channel);
}

void spread_channel_sent(struct spread_channel *channel, const char *why)
{
    static const struct wsub_backoff backoff = {.base_ms = AGAIN_MS,
                                                .cap_ms = AGAIN_MAX_MS};
    uint32_t delay_ms = 0;

    channel->is_sending = false;
    if (why == NULL) {
        pass(channel);
    } else {
        wsub_log_warn("alert-unsent", WSUB_KV("channel", channel->o.name),
                      WSUB_KE("why", why));
        (void)wsub_backoff_next(&backoff, ++channel->failures, UINT32_MAX,
                                &delay_ms);
    }
    wsub_timer_start_ms(&channel->timer, delay_ms);
}

static void on_timer(void *arg)
{
    struct spread_channel *channel = arg;

    if (!channel->is_sending && !channel->is_reading)
        send_next(channel);
}

static void on_notices(enum wsub_err err, const struct wsub_notice *notices,
                       size_t count, void *arg)
{
    struct spread_channel *channel = arg;

    channel->is_reading = false;
    if (err != WSUB_OK || channel->epoch == 0)
        return; /* the next look tries again */
    for (size_t i = 0; i < count && i < WSUB_NOTICES_MAX; i++)
        keep(channel, &notices[i]);
    if (channel->count > 0)
        wsub_timer_start_ms(&channel->timer, 0);
}

static void read_next(struct spread_channel *channel)
{
    if (channel->epoch == 0 || channel->is_reading)
        return;
    channel->is_reading = true;
    wsub_notices_next(channel->o.store, channel->epoch, channel->o.name,
                      channel->sent, on_notices, channel);
}

struct spread_channel *
spread_channel_new(const struct spread_channel_options *options)
{
    struct spread_channel *channel = wsub_calloc(1, sizeof(*channel));

    channel->o = *options;
    wsub_timer_init(&channel->timer, options->base, on_timer, channel);
    return channel;
}

void spread_channel_free(struct spread_channel *channel)
{
    if (channel == NULL)
        return;
    wsub_timer_done(&channel->timer);
    forget(channel);
    free(channel);
}

void spread_channel_lead(struct spread_channel *channel, uint64_t epoch)
{
    channel->epoch = epoch;
    if (!channel->is_sending)
        forget(channel);
    channel->sent[0] = '\0';
    spread_channel_look(channel);
}

void spread_channel_look(struct spread_channel *channel)
{
    if (channel->count == 0 && !channel->is_sending)
        read_next(channel);
}
