#include "spreader/alerts/alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/alerts.h"
#include "common/store/publications.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "spreader/alerts/channel.h"
#include "spreader/alerts/mismatches.h"
#include "spreader/alerts/rules.h"
#include "spreader/alerts/survey.h"
#include "spreader/alerts/webhook.h"

#define KEY_BYTES 64 /* of an Idempotency-Key: "alert-" and an id */

struct spread_alerts {
    struct wsub_store *store;         /* borrowed */
    const struct wsub_config *config; /* borrowed */
    uint64_t epoch;                   /* 0: somebody else is the coordinator */
    struct wsub_timer look;
    struct spread_mismatches *mismatches; /* owned */
    struct spread_alert_survey *survey;   /* owned */
    struct spread_channel *topic;         /* owned */
    struct spread_channel *url;           /* owned; NULL without alert_url */
    struct spread_webhook *webhook;       /* owned; the same */
};

/* What is told. */

/* The text of a notice; the caller frees it. */
static char *body_of(const struct spread_alerts *alerts,
                     const struct wsub_notice *notice)
{
    const char *hub = wsub_store_public_url(alerts->store);
    struct wsub_buf section = {0};
    json_t *root;
    char *text;

    wsub_buf_printf(&section, "docs/RUNBOOK.md#%s", notice->kind);
    root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "id",
                     notice->id, "state", notice->state, "kind", notice->kind,
                     "subject", notice->subject, "detail", notice->detail,
                     "since_ms", (json_int_t)notice->since_ms, "at_ms",
                     (json_int_t)wsub_place_of(0, notice->id).ms, "runbook",
                     section.data, "site", alerts->config->site, "hub",
                     hub != NULL ? hub : "");
    wsub_buf_done(&section);
    text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    if (text == NULL) /* or a text that is no UTF-8, which nobody writes */
        wsub_panic("a notice that is no JSON");
    json_decref(root);
    return text;
}

static void on_pushed(enum wsub_err err, const struct wsub_pushed *pushed,
                      void *arg)
{
    struct spread_alerts *alerts = arg;

    (void)pushed;
    spread_channel_sent(alerts->topic,
                        err == WSUB_OK ? NULL : "Redis refused it");
}

/* The key makes it one event, however often it is sent. */
static void send_to_topic(const struct wsub_notice *notice, void *arg)
{
    struct spread_alerts *alerts = arg;
    char *body = body_of(alerts, notice), key[KEY_BYTES];

    snprintf(key, sizeof(key), "alert-%s", notice->id);
    wsub_publications_push(
        alerts->store,
        &(struct wsub_push){
            .shard = wsub_topic_shard(alerts->store, WSUB_TOPIC_ALERTS),
            .topic = WSUB_TOPIC_ALERTS,
            .content_type = "application/json",
            .key = key,
            .body = body,
            .body_bytes = strlen(body),
        },
        on_pushed, alerts);
    free(body);
}

static void on_posted(bool is_done, const char *why, void *arg)
{
    struct spread_alerts *alerts = arg;

    spread_channel_sent(alerts->url, is_done ? NULL : why);
}

static void send_to_url(const struct wsub_notice *notice, void *arg)
{
    struct spread_alerts *alerts = arg;
    char *body = body_of(alerts, notice);

    spread_webhook_post(alerts->webhook, notice->id, body, on_posted, alerts);
    free(body);
}

/* What is wrong. */

static void tell(const struct wsub_notice *notice)
{
    if (strcmp(notice->state, "raised") == 0)
        wsub_log_error("alert", WSUB_KV("kind", notice->kind),
                       WSUB_KV("subject", notice->subject),
                       WSUB_KV("detail", notice->detail));
    else
        wsub_log_info("alert-over", WSUB_KV("kind", notice->kind),
                      WSUB_KV("subject", notice->subject));
}

static void look_for_notices(struct spread_alerts *alerts)
{
    spread_channel_look(alerts->topic);
    if (alerts->url != NULL)
        spread_channel_look(alerts->url);
}

static void on_notices(enum wsub_err err, const struct wsub_notice *notices,
                       size_t count, void *arg)
{
    struct spread_alerts *alerts = arg;

    if (err != WSUB_OK)
        return;
    for (size_t i = 0; i < count; i++)
        tell(&notices[i]);
    look_for_notices(alerts);
}

static void on_facts(const struct spread_facts *facts, void *arg)
{
    struct spread_alerts *alerts = arg;
    struct spread_alerts_found found = {0};

    if (facts == NULL || alerts->epoch == 0)
        return;
    spread_alert_rules(alerts->config, facts, &found);
    wsub_alerts_put(alerts->store, alerts->epoch, found.list, found.count,
                    on_notices, alerts);
    spread_alerts_found_done(&found);
}

static void on_look(void *arg)
{
    struct spread_alerts *alerts = arg;

    if (alerts->epoch == 0)
        return;
    wsub_timer_start_ms(&alerts->look,
                        (uint64_t)alerts->config->alert_interval_s * 1000);
    if (wsub_store_up(alerts->store))
        spread_alert_survey_start(alerts->survey);
}

static void make_channels(struct spread_alerts *alerts, struct event_base *base)
{
    alerts->topic = spread_channel_new(&(struct spread_channel_options){
        .base = base,
        .store = alerts->store,
        .name = "topic",
        .send = send_to_topic,
        .arg = alerts,
    });
    if (alerts->config->alert_url[0] == '\0')
        return;
    alerts->webhook = spread_webhook_new(base, alerts->config);
    alerts->url = spread_channel_new(&(struct spread_channel_options){
        .base = base,
        .store = alerts->store,
        .name = "url",
        .send = send_to_url,
        .arg = alerts,
    });
}

struct spread_alerts *spread_alerts_new(struct event_base *base,
                                        struct wsub_store *store,
                                        const struct wsub_config *config)
{
    struct spread_alerts *alerts = wsub_calloc(1, sizeof(*alerts));

    alerts->store = store;
    alerts->config = config;
    wsub_timer_init(&alerts->look, base, on_look, alerts);
    alerts->survey =
        spread_alert_survey_new(&(struct spread_alert_survey_options){
            .base = base,
            .store = store,
            .heartbeat_timeout_ms = config->heartbeat_timeout_ms,
            .on_facts = on_facts,
            .arg = alerts,
        });
    alerts->mismatches = spread_mismatches_new(base, store);
    make_channels(alerts, base);
    return alerts;
}

void spread_alerts_free(struct spread_alerts *alerts)
{
    if (alerts == NULL)
        return;
    spread_webhook_free(alerts->webhook);
    spread_channel_free(alerts->url);
    spread_channel_free(alerts->topic);
    spread_alert_survey_free(alerts->survey);
    spread_mismatches_free(alerts->mismatches);
    wsub_timer_done(&alerts->look);
    free(alerts);
}

static void lead(struct spread_alerts *alerts, uint64_t epoch)
{
    alerts->epoch = epoch;
    spread_channel_lead(alerts->topic, epoch);
    if (alerts->url != NULL)
        spread_channel_lead(alerts->url, epoch);
}

static bool is_told(const struct wsub_notice *active, size_t count,
                    enum wsub_alert_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(active[i].kind, wsub_alert_name(kind)) == 0)
            return true;
    return false;
}

/* The first look is later: owners and processes come back after a start. */
static void on_active(enum wsub_err err, const struct wsub_notice *active,
                      size_t count, void *arg)
{
    struct spread_alerts *alerts = arg;

    if (alerts->epoch == 0)
        return;
    spread_alert_survey_follow(
        alerts->survey,
        err == WSUB_OK &&
            is_told(active, count, WSUB_ALERT_SHARD_WITHOUT_OWNER));
    wsub_timer_start_ms(&alerts->look,
                        (uint64_t)alerts->config->alert_interval_s * 1000);
}

void spread_alerts_lead(struct spread_alerts *alerts, uint64_t epoch)
{
    lead(alerts, epoch);
    wsub_alerts_active(alerts->store, on_active, alerts);
}

void spread_alerts_lost(struct spread_alerts *alerts)
{
    lead(alerts, 0);
    wsub_timer_stop(&alerts->look);
}
