#include "common/http/target.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <arpa/inet.h>
#include <uthash.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

/* What the https targets of one host and port share. */
struct wsub_http_host {
    char *key;        /* owned; HOST:PORT */
    CURLSH *sessions; /* owned */
    unsigned targets;
    UT_hash_handle hh;
};

struct entry {
    struct wsub_http_target target; /* first: a target is its entry */
    char *text;                     /* owned; the key */
    unsigned uses;                  /* not given back yet */
    TAILQ_ENTRY(entry) by_use;      /* while it is not in use */
    UT_hash_handle hh;
};

TAILQ_HEAD(entry_list, entry);

struct wsub_http_targets {
    struct entry *table;          /* owned */
    struct wsub_http_host *hosts; /* owned */
    struct entry_list unused;     /* the latest first */
    size_t unused_count, max;
};

struct wsub_http_targets *wsub_http_targets_new(size_t max)
{
    struct wsub_http_targets *targets = wsub_calloc(1, sizeof(*targets));

    targets->max = max;
    TAILQ_INIT(&targets->unused);
    return targets;
}

static void host_put(struct wsub_http_targets *targets,
                     struct wsub_http_host *host)
{
    if (host == NULL || --host->targets > 0)
        return;
    HASH_DEL(targets->hosts, host);
    curl_share_cleanup(host->sessions);
    free(host->key);
    free(host);
}

static struct wsub_http_host *host_get(struct wsub_http_targets *targets,
                                       const char *name, const char *port)
{
    struct wsub_http_host *host;
    struct wsub_buf key = {0};

    wsub_buf_printf(&key, "%s:%s", name, port);
    HASH_FIND_STR(targets->hosts, key.data, host);
    if (host == NULL) {
        host = wsub_calloc(1, sizeof(*host));
        host->key = wsub_buf_take(&key);
        host->sessions = curl_share_init();
        if (host->sessions == NULL)
            wsub_panic("out of memory (TLS sessions)");
        curl_share_setopt(host->sessions, CURLSHOPT_SHARE,
                          (int)CURL_LOCK_DATA_SSL_SESSION);
        HASH_ADD_KEYPTR(hh, targets->hosts, host->key, strlen(host->key), host);
    }
    host->targets++;
    wsub_buf_done(&key);
    return host;
}

static void entry_free(struct wsub_http_targets *targets, struct entry *entry)
{
    host_put(targets, entry->target.of_host);
    curl_url_cleanup(entry->target.url);
    free(entry->target.host);
    free(entry->target.port);
    free(entry->text);
    free(entry);
}

/* Takes one that nobody uses out of everything. */
static void forget(struct wsub_http_targets *targets, struct entry *entry)
{
    TAILQ_REMOVE(&targets->unused, entry, by_use);
    targets->unused_count--;
    HASH_DEL(targets->table, entry);
    entry_free(targets, entry);
}

void wsub_http_targets_free(struct wsub_http_targets *targets)
{
    struct entry *entry, *next;

    if (targets == NULL)
        return;
    HASH_ITER(hh, targets->table, entry, next)
    {
        forget(targets, entry);
    }
    free(targets);
}

static char *part(CURLU *url, CURLUPart what, unsigned flags)
{
    char *text = NULL, *copy;

    if (curl_url_get(url, what, &text, flags) != CURLUE_OK)
        return NULL;
    copy = wsub_strdup(text);
    curl_free(text);
    return copy;
}

/* libcurl writes IPv6 in brackets and IPv4 as four decimal numbers, however
 * the URL spells it (0x7f.1). */
static bool is_literal(const char *host)
{
    struct in_addr v4;

    return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

static void learn_host(char *host, struct wsub_http_target *target)
{
    for (char *p = host; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    target->host = host;
    target->is_literal = is_literal(host);
    HASH_VALUE(host, strlen(host), target->hash);
}

static struct entry *entry_make(struct wsub_http_targets *targets,
                                const char *text)
{
    struct entry *entry = wsub_calloc(1, sizeof(*entry));
    struct wsub_http_target *target = &entry->target;
    char *host, *scheme = NULL;

    target->url = curl_url();
    if (target->url == NULL)
        wsub_panic("out of memory (URL)");
    if (curl_url_set(target->url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        (host = part(target->url, CURLUPART_HOST, 0)) == NULL) {
        entry_free(targets, entry);
        return NULL;
    }
    learn_host(host, target);
    target->port = part(target->url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    scheme = part(target->url, CURLUPART_SCHEME, 0);
    if (scheme != NULL && strcmp(scheme, "https") == 0) {
        target->of_host = host_get(targets, target->host, target->port);
        target->sessions = target->of_host->sessions;
    }
    free(scheme);
    entry->text = wsub_strdup(text);
    return entry;
}

struct wsub_http_target *wsub_http_target_get(struct wsub_http_targets *targets,
                                              const char *url)
{
    size_t len = strlen(url);
    struct entry *entry;

    HASH_FIND(hh, targets->table, url, len, entry);
    if (entry != NULL && entry->uses == 0) {
        TAILQ_REMOVE(&targets->unused, entry, by_use);
        targets->unused_count--;
    } else if (entry == NULL) {
        entry = entry_make(targets, url);
        if (entry == NULL)
            return NULL;
        HASH_ADD_KEYPTR(hh, targets->table, entry->text, len, entry);
    }
    entry->uses++;
    return &entry->target;
}

void wsub_http_target_put(struct wsub_http_targets *targets,
                          struct wsub_http_target *target)
{
    struct entry *entry = (struct entry *)(void *)target;

    if (target == NULL || --entry->uses > 0)
        return;
    TAILQ_INSERT_HEAD(&targets->unused, entry, by_use);
    if (++targets->unused_count > targets->max)
        forget(targets, TAILQ_LAST(&targets->unused, entry_list));
}
