#include "hub/pull/event.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/http/policy.h"
#include "common/store/topic.h"

/* The normal spelling of an event's topic; NULL when it is none. */
static char *normal_topic(const char *topic)
{
    struct wsub_buf normal = {0};
    struct wsub_url url;

    if (wsub_topic_parse(topic, WSUB_TOPIC_PUSH, &normal, &url) != NULL) {
        wsub_buf_done(&normal);
        return NULL;
    }
    return wsub_buf_take(&normal);
}

struct hub_pull_event *hub_pull_event_new(const struct wsub_config *config,
                                          const struct wsub_pull_event *entry)
{
    char *topic = normal_topic(entry->topic);
    struct hub_pull_event *event;

    if (topic == NULL || wsub_policy_denies_event(config, topic)) {
        free(topic);
        return NULL;
    }
    event = wsub_calloc(1, sizeof(*event));
    event->place = entry->place;
    event->topic = topic;
    event->type = wsub_strdup(entry->content_type);
    event->coding = wsub_strdup(entry->content_coding);
    event->body = wsub_memdup(entry->body, entry->body_bytes);
    event->body_bytes = entry->body_bytes;
    event->served = wsub_policy_serves(config, topic);
    event->references = 1;
    return event;
}

struct hub_pull_event *hub_pull_event_hold(struct hub_pull_event *event)
{
    event->references++;
    return event;
}

void hub_pull_event_drop(struct hub_pull_event *event)
{
    if (--event->references > 0)
        return;
    free(event->topic);
    free(event->type);
    free(event->coding);
    free(event->body);
    wsub_buf_done(&event->frame);
    free(event);
}
