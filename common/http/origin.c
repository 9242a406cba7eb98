#include "common/http/origin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include <arpa/inet.h>
#include <uthash.h>

#include "common/base/mem.h"

struct entry {
    struct wsub_http_origin origin; /* first: an origin is its entry */
    char *text;                     /* owned; the key */
    unsigned uses;                  /* not given back yet */
    TAILQ_ENTRY(entry) by_use;      /* while it is not in use */
    UT_hash_handle hh;
};

TAILQ_HEAD(entry_list, entry);

struct wsub_http_origins {
    struct entry *table;      /* owned */
    struct entry_list unused; /* the latest first */
    size_t unused_count, max;
    CURLSH *plain; /* owned; what http origins share */
};

static CURLSH *sessions_new(void)
{
    CURLSH *sessions = curl_share_init();

    if (sessions == NULL)
        wsub_panic("out of memory (TLS sessions)");
    curl_share_setopt(sessions, CURLSHOPT_SHARE,
                      (int)CURL_LOCK_DATA_SSL_SESSION);
    return sessions;
}

struct wsub_http_origins *wsub_http_origins_new(size_t max)
{
    struct wsub_http_origins *origins = wsub_calloc(1, sizeof(*origins));

    origins->max = max;
    TAILQ_INIT(&origins->unused);
    origins->plain = sessions_new();
    return origins;
}

static void entry_free(struct entry *entry)
{
    if (entry->origin.is_https)
        curl_share_cleanup(entry->origin.sessions);
    curl_url_cleanup(entry->origin.url);
    free(entry->origin.host);
    free(entry->origin.port);
    free(entry->text);
    free(entry);
}

/* Takes one that nobody uses out of everything. */
static void forget(struct wsub_http_origins *origins, struct entry *entry)
{
    TAILQ_REMOVE(&origins->unused, entry, by_use);
    origins->unused_count--;
    HASH_DEL(origins->table, entry);
    entry_free(entry);
}

void wsub_http_origins_free(struct wsub_http_origins *origins)
{
    struct entry *entry, *next;

    if (origins == NULL)
        return;
    HASH_ITER(hh, origins->table, entry, next)
    {
        forget(origins, entry);
    }
    curl_share_cleanup(origins->plain);
    free(origins);
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

static void learn_host(char *host, struct wsub_http_origin *origin)
{
    for (char *p = host; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    origin->host = host;
    origin->is_literal = is_literal(host);
    HASH_VALUE(host, strlen(host), origin->hash);
}

/* Takes `text`. */
static struct entry *entry_make(struct wsub_http_origins *origins, char *text,
                                bool is_https)
{
    struct entry *entry = wsub_calloc(1, sizeof(*entry));
    struct wsub_http_origin *origin = &entry->origin;
    char *host;

    entry->text = text;
    origin->url = curl_url();
    if (origin->url == NULL)
        wsub_panic("out of memory (URL)");
    if (curl_url_set(origin->url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        (origin->port =
             part(origin->url, CURLUPART_PORT, CURLU_DEFAULT_PORT)) == NULL ||
        (host = part(origin->url, CURLUPART_HOST, 0)) == NULL) {
        entry_free(entry);
        return NULL;
    }
    learn_host(host, origin);
    origin->port_number = (uint16_t)strtoul(origin->port, NULL, 10);
    origin->is_https = is_https;
    origin->sessions = is_https ? sessions_new() : origins->plain;
    return entry;
}

static bool fits_request_line(const char *rest)
{
    for (; *rest != '\0'; rest++)
        if ((unsigned char)*rest <= ' ' || *rest == 0x7f || *rest == '#')
            return false;
    return true;
}

struct wsub_http_origin *wsub_http_origin_get(struct wsub_http_origins *origins,
                                              const char *url,
                                              const char **ret_rest)
{
    bool is_https = strncasecmp(url, "https://", strlen("https://")) == 0;
    const char *authority = url + strlen(is_https ? "https://" : "http://");
    struct entry *entry;
    size_t len;

    if (!is_https && strncasecmp(url, "http://", strlen("http://")) != 0)
        return NULL;
    *ret_rest = authority + strcspn(authority, "/?#");
    if (!fits_request_line(*ret_rest))
        return NULL;
    len = (size_t)(*ret_rest - url);
    HASH_FIND(hh, origins->table, url, len, entry);
    if (entry != NULL && entry->uses == 0) {
        TAILQ_REMOVE(&origins->unused, entry, by_use);
        origins->unused_count--;
    } else if (entry == NULL) {
        entry = entry_make(origins, wsub_memdup(url, len), is_https);
        if (entry == NULL)
            return NULL;
        HASH_ADD_KEYPTR(hh, origins->table, entry->text, len, entry);
    }
    entry->uses++;
    return &entry->origin;
}

void wsub_http_origin_put(struct wsub_http_origins *origins,
                          struct wsub_http_origin *origin)
{
    struct entry *entry = (struct entry *)(void *)origin;

    if (origin == NULL || --entry->uses > 0)
        return;
    TAILQ_INSERT_HEAD(&origins->unused, entry, by_use);
    if (++origins->unused_count > origins->max)
        forget(origins, TAILQ_LAST(&origins->unused, entry_list));
}
