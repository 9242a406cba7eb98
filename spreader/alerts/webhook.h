/* webhook.h - notices to alert_url: a POST of JSON, signed as Standard Webhooks say
 * when there is an alert_secret. */
#ifndef SPREADER_ALERTS_WEBHOOK_H
#define SPREADER_ALERTS_WEBHOOK_H

#include <stdbool.h>

struct event_base;
struct spread_webhook;
struct wsub_config;

/* `config` is borrowed and outlives it.  alert_url is the operator's: no egress
 * rule of strangers holds for it. */
struct spread_webhook *spread_webhook_new(struct event_base *base,
                                          const struct wsub_config *config);
/* A POST that is under way is dropped.  NULL is fine. */
void spread_webhook_free(struct spread_webhook *webhook);

/* A 2xx came, or else why not. */
typedef void spread_webhook_cb(bool is_done, const char *why, void *arg);

/* Posts one notice; both texts are copied.  One at a time. */
void spread_webhook_post(struct spread_webhook *webhook, const char *id,
                         const char *body, spread_webhook_cb *cb, void *arg);

#endif
