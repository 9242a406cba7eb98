#include "spreader/check.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/http/policy.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"

#define CODING_MAX_BYTES 256 /* of a Content-Encoding */

/* The fields of one entry. */
struct check {
    const struct wsub_store *store; /* borrowed */
    const struct wsub_stream_entry *entry;
    char *why;
    bool is_newer;
};

static bool wrong(const struct check *check, const char *what, const char *rest)
{
    snprintf(check->why, SPREAD_WHY_BYTES, "%s %s", what, rest);
    return false;
}

/* A field as text, NULL when there is none; *ret_fine is false when it is no
 * text. */
static const char *field(const struct check *check, const char *name,
                         bool *ret_fine)
{
    size_t len = 0;
    const char *value = wsub_stream_field(check->entry->fields, name, &len);

    *ret_fine = value == NULL || strlen(value) == len;
    return value;
}

/* Finds a field that must be there. */
static bool need(const struct check *check, const char *name,
                 const char **ret_value)
{
    bool fine;

    *ret_value = field(check, name, &fine);
    if (*ret_value == NULL)
        return wrong(check, "it has no field", name);
    return fine || wrong(check, name, "holds a zero byte");
}

/* More than these are no entry of any version: they could not be moved in one
 * command of a script. */
#define FIELDS_MAX 1000

/* Versions are numbers that grow. */
static bool is_newer(const struct check *check, const char *version)
{
    return version[0] >= '1' && version[0] <= '9' &&
           version[strspn(version, "0123456789")] == '\0' &&
           check->entry->fields->elements <= 2 * (size_t)FIELDS_MAX;
}

static bool check_version(struct check *check)
{
    const char *version;

    if (!need(check, "v", &version))
        return false;
    if (strcmp(version, "1") == 0)
        return true;
    check->is_newer = is_newer(check, version);
    return wrong(check, "its format version", "is not 1");
}

static enum spread_check result(const struct check *check, bool fine)
{
    if (fine)
        return SPREAD_CHECK_FINE;
    return check->is_newer ? SPREAD_CHECK_NEWER : SPREAD_CHECK_WRONG;
}

static bool is_normal(const char *topic, enum wsub_topic_use use,
                      const char **ret_fault)
{
    struct wsub_buf normal = {0};
    struct wsub_url url;

    *ret_fault = wsub_topic_parse(topic, use, &normal, &url);
    if (*ret_fault == NULL && strcmp(wsub_buf_cstr(&normal), topic) != 0)
        *ret_fault = "is not in its normal spelling";
    wsub_buf_done(&normal);
    return *ret_fault == NULL;
}

static bool check_topic(const struct check *check, enum wsub_topic_use use)
{
    const char *topic, *fault;

    if (!need(check, "t", &topic))
        return false;
    if (!is_normal(topic, use, &fault))
        return wrong(check, "the topic", fault);
    return wsub_topic_shard(check->store, topic) == check->entry->shard ||
           wrong(check, "the topic", "belongs to another shard");
}

/* Whether the text may be the value of a header. */
static bool is_value(const char *text, size_t max_bytes)
{
    size_t len = strlen(text);

    if (len == 0 || len > max_bytes || text[0] == ' ' || text[0] == '\t')
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

bool spread_check_type(const char *type)
{
    return is_value(type, SPREAD_TYPE_MAX_BYTES);
}

/* They end up in headers of deliveries. */
static bool check_headers(const struct check *check)
{
    const char *type, *coding, *self;
    struct wsub_url url;
    bool fine;

    if (!need(check, "ct", &type))
        return false;
    if (!spread_check_type(type))
        return wrong(check, "the content type", "is not valid");
    coding = field(check, "ce", &fine);
    if (coding != NULL && (!fine || !is_value(coding, CODING_MAX_BYTES)))
        return wrong(check, "the content coding", "is not valid");
    self = field(check, "self", &fine);
    return self == NULL ||
           (fine && wsub_url_parse(self, NULL, &url) == WSUB_URL_FINE) ||
           wrong(check, "self", "is no URL");
}

static bool is_permitted(const struct check *check,
                         const struct wsub_config *config)
{
    const char *topic = wsub_stream_field(check->entry->fields, "t", NULL);

    return !wsub_policy_denies_event(config, topic) ||
           wrong(check, "the topic", "is one that topic_deny names");
}

enum spread_check spread_check_event(const struct wsub_store *store,
                                     const struct wsub_stream_entry *entry,
                                     char why[SPREAD_WHY_BYTES])
{
    struct check check = {store, entry, why, false};

    return result(
        &check, check_version(&check) && check_topic(&check, WSUB_TOPIC_PUSH) &&
                    is_permitted(&check, wsub_store_config(store)) &&
                    check_headers(&check) &&
                    (wsub_stream_field(entry->fields, "b", NULL) != NULL ||
                     wrong(&check, "it has no field", "b")));
}

const char *spread_check_digest(const struct wsub_stream_entry *entry)
{
    size_t len = 0;
    const char *digest = wsub_stream_field(entry->fields, "fd", &len);

    return digest != NULL && len == WSUB_DIGEST_LEN && strlen(digest) == len
               ? digest
               : "";
}

enum spread_check spread_check_ping(const struct wsub_store *store,
                                    const struct wsub_stream_entry *entry,
                                    char why[SPREAD_WHY_BYTES])
{
    struct check check = {store, entry, why, false};

    return result(&check, check_version(&check) &&
                              check_topic(&check, WSUB_TOPIC_ANNOUNCE));
}
