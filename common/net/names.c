#include "common/net/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/base/mem.h"

struct entry {
    struct wsub_name name; /* its text is owned */
    char *host;            /* owned; the key */
    char *addresses;       /* owned; what `name` shows */
    uint64_t expires_ms;
    TAILQ_ENTRY(entry) by_use;
    UT_hash_handle hh;
};

struct wsub_names {
    struct entry *table;                  /* owned */
    TAILQ_HEAD(entry_list, entry) by_use; /* the latest first */
    size_t count, max;
};

struct wsub_names *wsub_names_new(size_t max)
{
    struct wsub_names *names = wsub_calloc(1, sizeof(*names));

    names->max = max;
    TAILQ_INIT(&names->by_use);
    return names;
}

static void entry_free(struct wsub_names *names, struct entry *entry)
{
    HASH_DEL(names->table, entry);
    TAILQ_REMOVE(&names->by_use, entry, by_use);
    names->count--;
    free(entry->host);
    free(entry->addresses);
    free(entry);
}

void wsub_names_free(struct wsub_names *names)
{
    struct entry *entry, *next;

    if (names == NULL)
        return;
    HASH_ITER(hh, names->table, entry, next)
    {
        entry_free(names, entry);
    }
    free(names);
}

static struct entry *find(struct wsub_names *names, const char *host)
{
    struct entry *entry;

    HASH_FIND_STR(names->table, host, entry);
    if (entry != NULL) {
        TAILQ_REMOVE(&names->by_use, entry, by_use);
        TAILQ_INSERT_HEAD(&names->by_use, entry, by_use);
    }
    return entry;
}

static struct entry *make(struct wsub_names *names, const char *host)
{
    struct entry *entry = wsub_calloc(1, sizeof(*entry));

    if (names->count == names->max)
        entry_free(names, TAILQ_LAST(&names->by_use, entry_list));
    entry->host = wsub_strdup(host);
    HASH_ADD_KEYPTR(hh, names->table, entry->host, strlen(host), entry);
    TAILQ_INSERT_HEAD(&names->by_use, entry, by_use);
    names->count++;
    return entry;
}

const struct wsub_name *wsub_names_find(struct wsub_names *names,
                                        const char *host, uint64_t now_ms)
{
    struct entry *entry = find(names, host);

    return entry != NULL && now_ms < entry->expires_ms ? &entry->name : NULL;
}

static uint32_t kept_s(enum wsub_name_status status, uint32_t ttl_s)
{
    switch (status) {
    case WSUB_NAME_FOUND:
        return ttl_s < WSUB_NAME_TTL_MIN_S   ? WSUB_NAME_TTL_MIN_S
               : ttl_s > WSUB_NAME_TTL_MAX_S ? WSUB_NAME_TTL_MAX_S
                                             : ttl_s;
    case WSUB_NAME_UNKNOWN:
    case WSUB_NAME_BLOCKED:
        return WSUB_NAME_NEGATIVE_S;
    default:
        return WSUB_NAME_FAILED_S;
    }
}

const struct wsub_name *wsub_names_keep(struct wsub_names *names,
                                        const char *host,
                                        const struct wsub_name *name,
                                        uint32_t ttl_s, uint64_t now_ms)
{
    struct entry *entry = find(names, host);

    if (entry == NULL)
        entry = make(names, host);
    free(entry->addresses);
    entry->addresses = wsub_strdup(name->addresses);
    entry->name.status = name->status;
    entry->name.addresses = entry->addresses;
    entry->expires_ms = now_ms + kept_s(name->status, ttl_s) * UINT64_C(1000);
    return &entry->name;
}
