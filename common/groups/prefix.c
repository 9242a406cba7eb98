#include "common/groups/prefix.h"

#include <string.h>

#include "common/http/subject.h"
#include "common/store/topic.h"

/* A slash at the end says no more than that all below is meant. */
static void cut_slash(struct wsub_buf *prefix)
{
    while (prefix->len > 0 && prefix->data[prefix->len - 1] == '/')
        prefix->data[--prefix->len] = '\0';
}

const char *wsub_group_prefix_parse(const char *text,
                                    struct wsub_buf *ret_prefix)
{
    struct wsub_buf normal = {0};
    struct wsub_url url;
    const char *fault =
        wsub_topic_parse(text, WSUB_TOPIC_SUBSCRIBE, &normal, &url);

    if (fault == NULL && strlen(text) > WSUB_GROUP_PREFIX_MAX_BYTES)
        fault = "is longer than 512 bytes";
    else if (fault == NULL && strcmp(normal.data, WSUB_TOPIC_ALL) == 0)
        fault = "stands for every topic";
    else if (fault == NULL && strchr(normal.data, '?') != NULL)
        fault = "has a query";
    if (fault == NULL)
        wsub_group_prefix_of(normal.data, ret_prefix);
    wsub_buf_done(&normal);
    return fault;
}

void wsub_group_prefix_of(const char *topic, struct wsub_buf *ret_prefix)
{
    if (wsub_topic_is_dotted(topic)) {
        wsub_buf_str(ret_prefix, topic);
        return;
    }
    wsub_subject(topic, ret_prefix);
    cut_slash(ret_prefix);
}

/* What stands before a border is a prefix: of a URL its host at least. */
static size_t least_bytes(const char *text)
{
    const char *host = strstr(text, "://");

    return host != NULL ? (size_t)(host - text) + strlen("://") : 0;
}

bool wsub_group_prefix_up(const char *text, size_t *len)
{
    size_t least = least_bytes(text), at = *len;
    const char *borders = least > 0 ? "/?" : ".";

    while (at > least + 1) {
        at--;
        if (strchr(borders, text[at]) != NULL && text[at] != '\0' &&
            text[at - 1] != '/') {
            *len = at;
            return true;
        }
    }
    return false;
}
