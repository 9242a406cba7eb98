#include "common/http/hash_rules.h"

#include <string.h>

#include "common/base/pattern.h"
#include "common/crypto/hmac.h"
#include "common/http/subject.h"

/* What a callback is compared as. */
struct spellings {
    struct wsub_buf url;  /* owned */
    struct wsub_buf host; /* owned */
    struct wsub_buf port; /* owned; HOST:PORT */
};

static const char *find_equals(const char *item, size_t len)
{
    return memrchr(item, '=', len);
}

static bool parse_rule(const char *item, size_t len,
                       struct wsub_hash_rule *ret_rule)
{
    const char *equals = find_equals(item, len);
    const char *end = item + len;
    const char *hash = equals == NULL ? item : equals + 1;

    *ret_rule = (struct wsub_hash_rule){.pattern = "*", .len = 1};
    if (equals != NULL) {
        ret_rule->pattern = item;
        ret_rule->len = (size_t)(equals - item);
    }
    while (hash < end && *hash == ' ')
        hash++;
    while (ret_rule->len > 0 && ret_rule->pattern[ret_rule->len - 1] == ' ')
        ret_rule->len--;
    ret_rule->has_scheme =
        memmem(ret_rule->pattern, ret_rule->len, "://", 3) != NULL;
    return ret_rule->len > 0 &&
           wsub_hash_find(hash, (size_t)(end - hash), &ret_rule->hash);
}

bool wsub_hash_rules_parse(const char *text, struct wsub_hash_rules *ret_rules)
{
    const char *item;
    size_t len;

    ret_rules->count = 0;
    while (wsub_patterns_next(&text, &item, &len)) {
        if (ret_rules->count == WSUB_HASH_RULES_MAX ||
            !parse_rule(item, len, &ret_rules->rules[ret_rules->count]))
            return false;
        ret_rules->count++;
    }
    return ret_rules->count > 0;
}

static bool is_for_all(const struct wsub_hash_rule *rule)
{
    return rule->len == 1 && rule->pattern[0] == '*';
}

static bool rule_matches(const struct wsub_hash_rule *rule,
                         const struct spellings *s)
{
    if (rule->has_scheme)
        return wsub_pattern_matches(rule->pattern, rule->len,
                                    wsub_buf_cstr(&s->url));
    return wsub_pattern_matches(rule->pattern, rule->len,
                                wsub_buf_cstr(&s->host)) ||
           wsub_pattern_matches(rule->pattern, rule->len,
                                wsub_buf_cstr(&s->port));
}

static void spell(const char *callback, struct spellings *ret_spellings)
{
    struct wsub_url url;
    struct wsub_buf normalized = {0};

    if (wsub_url_parse(callback, &normalized, &url) == WSUB_URL_FINE) {
        wsub_subject(normalized.data, &ret_spellings->url);
        wsub_subject_host(&url, &ret_spellings->host);
        wsub_buf_printf(&ret_spellings->port, "%s:%u", ret_spellings->host.data,
                        (unsigned)url.port);
    }
    wsub_buf_done(&normalized);
}

enum wsub_hash wsub_hash_rules_choose(const struct wsub_hash_rules *rules,
                                      const char *callback)
{
    struct spellings spellings = {0};
    enum wsub_hash hash = WSUB_HASH_SHA256;

    /* The usual setting costs nothing. */
    if (rules->count == 0 || is_for_all(&rules->rules[0]))
        return rules->count == 0 ? hash : rules->rules[0].hash;
    spell(callback, &spellings);
    for (size_t i = 0; i < rules->count; i++)
        if (rule_matches(&rules->rules[i], &spellings)) {
            hash = rules->rules[i].hash;
            break;
        }
    wsub_buf_done(&spellings.url);
    wsub_buf_done(&spellings.host);
    wsub_buf_done(&spellings.port);
    return hash;
}
