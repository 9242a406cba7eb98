#include "spreader/alerts/webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/crypto/hmac.h"
#include "common/crypto/webhook.h"
#include "common/http/client.h"

#define RESPONSE_MAX_BYTES 65536

struct spread_webhook {
    const struct wsub_config *config; /* borrowed */
    struct wsub_http_client *client;  /* owned */
    struct wsub_hmac *hmac;           /* owned */
    char *body;                       /* owned; of the POST under way */
    struct curl_slist *headers;       /* owned; the same */
    spread_webhook_cb *cb;
    void *arg; /* borrowed; given to cb */
};

struct spread_webhook *spread_webhook_new(struct event_base *base,
                                          const struct wsub_config *config)
{
    struct spread_webhook *webhook = wsub_calloc(1, sizeof(*webhook));

    webhook->config = config;
    webhook->hmac = wsub_hmac_new(WSUB_HASH_SHA256);
    webhook->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = config->connect_timeout_ms,
        .max_requests = 1,
        .kept_connections = 1,
        .per_host = 1,
        .dns_servers = config->dns_servers,
        .tls = wsub_http_tls_of(config),
        .proxy = config->egress_proxy,
    });
    return webhook;
}

static void forget(struct spread_webhook *webhook)
{
    curl_slist_free_all(webhook->headers);
    webhook->headers = NULL;
    free(webhook->body);
    webhook->body = NULL;
}

void spread_webhook_free(struct spread_webhook *webhook)
{
    if (webhook == NULL)
        return;
    wsub_http_client_free(webhook->client);
    forget(webhook);
    wsub_hmac_free(webhook->hmac);
    free(webhook);
}

static void add_header(struct spread_webhook *webhook, const char *name,
                       const char *value)
{
    struct wsub_buf line = {0};

    wsub_buf_printf(&line, "%s: %s", name, value);
    webhook->headers = curl_slist_append(webhook->headers, line.data);
    if (webhook->headers == NULL)
        wsub_panic("out of memory (libcurl)");
    wsub_buf_done(&line);
}

static void add_signature(struct spread_webhook *webhook, const char *id,
                          const char *timestamp)
{
    const char *secret = webhook->config->alert_secret;
    char signature[WSUB_WEBHOOK_SIGNATURE_MAX];

    if (secret[0] == '\0')
        return;
    wsub_webhook_sign(webhook->hmac, secret, strlen(secret),
                      &(struct wsub_webhook){
                          .id = id,
                          .timestamp = timestamp,
                          .body = webhook->body,
                          .body_len = strlen(webhook->body),
                      },
                      signature);
    add_header(webhook, "webhook-signature", signature);
}

static void add_headers(struct spread_webhook *webhook, const char *id)
{
    char timestamp[24];

    snprintf(timestamp, sizeof(timestamp), "%lld", (long long)time(NULL));
    add_header(webhook, "Content-Type", "application/json");
    add_header(webhook, "User-Agent", "websubd/" WSUB_VERSION);
    add_header(webhook, "webhook-id", id);
    add_header(webhook, "webhook-timestamp", timestamp);
    add_signature(webhook, id, timestamp);
}

static void on_done(const struct wsub_http_response *response, void *arg)
{
    struct spread_webhook *webhook = arg;
    bool is_done = response->status >= 200 && response->status < 300;
    char why[64];

    if (response->status > 0)
        snprintf(why, sizeof(why), "status %ld", response->status);
    else
        snprintf(why, sizeof(why), "%.60s", response->error);
    forget(webhook);
    webhook->cb(is_done, why, webhook->arg);
}

void spread_webhook_post(struct spread_webhook *webhook, const char *id,
                         const char *body, spread_webhook_cb *cb, void *arg)
{
    webhook->cb = cb;
    webhook->arg = arg;
    webhook->body = wsub_strdup(body);
    add_headers(webhook, id);
    wsub_http_client_send(webhook->client,
                          &(struct wsub_http_send){
                              .url = webhook->config->alert_url,
                              .headers = webhook->headers,
                              .body = webhook->body,
                              .body_len = strlen(webhook->body),
                              .timeout_ms = webhook->config->timeout_ms,
                              .response_max_bytes = RESPONSE_MAX_BYTES,
                              .done = on_done,
                              .arg = webhook,
                          });
}
