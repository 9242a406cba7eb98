#include "common/http/policy.h"

#include <stddef.h>
#include <string.h>

#include "common/base/pattern.h"
#include "common/http/subject.h"

static bool is_dotted(const char *subject)
{
    return strchr(subject, ':') == NULL;
}

static bool matches_in_lower_case(const char *list, const char *subject)
{
    struct wsub_buf lower = {0};
    bool matches;

    wsub_buf_str(&lower, list);
    for (size_t i = 0; i < lower.len; i++)
        if (lower.data[i] >= 'A' && lower.data[i] <= 'Z')
            lower.data[i] = (char)(lower.data[i] - 'A' + 'a');
    matches = wsub_patterns_match(wsub_buf_cstr(&lower), subject);
    wsub_buf_done(&lower);
    return matches;
}

static bool matches(const char *list, const char *subject)
{
    if (list[0] == '\0')
        return false;
    return is_dotted(subject) ? matches_in_lower_case(list, subject)
                              : wsub_patterns_match(list, subject);
}

static bool permits(const char *allow, const char *deny, const char *normalized)
{
    struct wsub_buf subject = {0};
    bool permitted;

    if (allow[0] == '\0' && deny[0] == '\0')
        return true;
    wsub_subject(normalized, &subject);
    permitted = (allow[0] == '\0' || matches(allow, subject.data)) &&
                !matches(deny, subject.data);
    wsub_buf_done(&subject);
    return permitted;
}

bool wsub_policy_serves(const struct wsub_config *config, const char *topic)
{
    return permits(config->topic_allow, config->topic_deny, topic);
}

const char *wsub_policy_denial(const struct wsub_config *config,
                               const char *topic, const char *callback)
{
    if (!wsub_policy_serves(config, topic))
        return "This hub does not serve the topic.";
    if (!permits(config->callback_allow, config->callback_deny, callback))
        return "This hub does not serve the callback.";
    return NULL;
}

bool wsub_policy_denies_event(const struct wsub_config *config,
                              const char *topic)
{
    return !permits("", config->topic_deny, topic);
}
