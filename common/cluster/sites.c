#include "common/cluster/sites.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/cluster_events.h"
#include "common/store/instance_list.h"
#include "common/store/sites.h"

#define SITES_MS 10000
#define ROLE "hub"

struct wsub_sites {
    struct wsub_sites_options o;
    struct wsub_timer timer;
    json_t
        *stored; /* owned; names of the sites that are stored, while looking */
    bool looking;
    bool wanted; /* another look, once this one is through */
};

/* A hub that lives; its texts are borrowed from its record. */
struct hub {
    const char *site, *name, *address, *public_url;
};

static void finish(struct wsub_sites *sites)
{
    json_decref(sites->stored);
    sites->stored = NULL;
    sites->looking = false;
    if (!sites->wanted)
        return;
    sites->wanted = false;
    wsub_sites_look(sites);
}

static void on_put(enum wsub_err err, uint64_t version, bool is_new, void *arg)
{
    (void)arg;
    if (err == WSUB_OK && is_new)
        wsub_log_info("site-changed", WSUB_KU("version", version));
}

/* Texts go into JSON as they are. */
static bool is_plain(const char *text)
{
    if (text == NULL)
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
            return false;
    return true;
}

static const char *member(const json_t *record, const char *name)
{
    return json_string_value(json_object_get(record, name));
}

/* Whether the row is a hub that lives and says where it serves. */
static bool take_hub(const struct wsub_sites *sites,
                     const struct wsub_instance_row *row, const json_t *record,
                     struct hub *ret_hub)
{
    struct hub hub = {
        .site = member(record, "site"),
        .name = row->name,
        .address = member(record, "listen"),
        .public_url = member(record, "public_url"),
    };

    if (row->role == NULL || strcmp(row->role, ROLE) != 0 ||
        row->heartbeat_age_ms >= sites->o.config->heartbeat_timeout_ms ||
        !is_plain(hub.site) || !is_plain(hub.name) || !is_plain(hub.address))
        return false;
    if (!is_plain(hub.public_url))
        hub.public_url = "";
    *ret_hub = hub;
    return true;
}

static void put(struct wsub_sites *sites, const char *site,
                const struct hub *hubs, size_t count, uint64_t epoch)
{
    struct wsub_site_hub *list = wsub_calloc(count + 1, sizeof(*list));
    struct wsub_site_put site_put = {
        .epoch = epoch,
        .site = site,
        .public_url = "",
        .hubs = list,
    };

    for (size_t i = 0; i < count; i++) {
        if (strcmp(hubs[i].site, site) != 0)
            continue;
        if (site_put.public_url[0] == '\0')
            site_put.public_url = hubs[i].public_url;
        list[site_put.hub_count++] =
            (struct wsub_site_hub){hubs[i].name, hubs[i].address};
    }
    wsub_site_put(sites->o.store, &site_put, on_put, sites);
    free(list);
}

/* Every site that has a hub, or had one. */
static void put_all(struct wsub_sites *sites, const struct hub *hubs,
                    size_t count)
{
    uint64_t epoch = sites->o.epoch(sites->o.arg);
    const char *site;
    json_t *value;

    for (size_t i = 0; i < count; i++)
        json_object_set_new(sites->stored, hubs[i].site, json_null());
    if (epoch == 0)
        return;
    json_object_foreach(sites->stored, site, value)
    {
        put(sites, site, hubs, count, epoch);
    }
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct wsub_sites *sites = arg;
    json_t **records = wsub_calloc(count + 1, sizeof(json_t *));
    struct hub *hubs = wsub_calloc(count + 1, sizeof(*hubs));
    size_t hub_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].record != NULL)
            records[i] = json_loads(rows[i].record, 0, NULL);
        hub_count += take_hub(sites, &rows[i], records[i], &hubs[hub_count]);
    }
    if (err == WSUB_OK)
        put_all(sites, hubs, hub_count);
    for (size_t i = 0; i < count; i++)
        json_decref(records[i]);
    free((void *)records);
    free(hubs);
    finish(sites);
}

static void on_sites(enum wsub_err err, const struct wsub_site_row *rows,
                     size_t count, void *arg)
{
    struct wsub_sites *sites = arg;

    if (err != WSUB_OK) {
        finish(sites);
        return;
    }
    for (size_t i = 0; i < count; i++)
        json_object_set_new(sites->stored, rows[i].name, json_null());
    wsub_instance_list(sites->o.store, on_instances, sites);
}

void wsub_sites_look(struct wsub_sites *sites)
{
    if (sites->looking) {
        sites->wanted = true;
        return;
    }
    if (sites->o.epoch(sites->o.arg) == 0)
        return;
    sites->looking = true;
    sites->stored = json_object();
    wsub_sites_read(sites->o.store, on_sites, sites);
}

static void on_timer(void *arg)
{
    struct wsub_sites *sites = arg;

    wsub_timer_start_ms(&sites->timer, SITES_MS);
    wsub_sites_look(sites);
}

void wsub_sites_event(struct wsub_sites *sites,
                      const struct wsub_cluster_event *event)
{
    bool comes_or_goes = event->kind == WSUB_EVENT_INSTANCE_REGISTERED ||
                         event->kind == WSUB_EVENT_INSTANCE_STOPPED ||
                         event->kind == WSUB_EVENT_INSTANCE_REMOVED;

    if (comes_or_goes && event->role != NULL && strcmp(event->role, ROLE) == 0)
        wsub_sites_look(sites);
}

struct wsub_sites *wsub_sites_new(const struct wsub_sites_options *options)
{
    struct wsub_sites *sites = wsub_calloc(1, sizeof(*sites));

    sites->o = *options;
    wsub_timer_init(&sites->timer, options->base, on_timer, sites);
    wsub_timer_start_ms(&sites->timer, SITES_MS);
    return sites;
}

void wsub_sites_free(struct wsub_sites *sites)
{
    if (sites == NULL)
        return;
    wsub_timer_done(&sites->timer);
    json_decref(sites->stored);
    free(sites);
}
