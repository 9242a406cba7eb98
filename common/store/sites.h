/* sites.h - the sites in Redis: which hubs serve each (site_put.lua).
 *
 * Each is sent once; its callback is called once, maybe during the call. */
#ifndef WSUB_STORE_SITES_H
#define WSUB_STORE_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

struct wsub_site_hub {
    const char *name, *address; /* borrowed; without quotes or backslashes */
};

struct wsub_site_put {
    uint64_t epoch; /* of the coordinator, which the caller is */
    const char *site;
    const char *public_url;           /* "": as before */
    const struct wsub_site_hub *hubs; /* those that live, by their names */
    size_t hub_count;
};

/* `version` is that of the site; `is_new`: it has changed. */
typedef void wsub_site_put_cb(enum wsub_err err, uint64_t version, bool is_new,
                              void *arg);

void wsub_site_put(struct wsub_store *store, const struct wsub_site_put *put,
                   wsub_site_put_cb *cb, void *arg);

struct wsub_site_row {
    const char *name, *record; /* borrowed for the callback; JSON */
};

/* In no order. */
typedef void wsub_sites_cb(enum wsub_err err, const struct wsub_site_row *rows,
                           size_t count, void *arg);

void wsub_sites_read(struct wsub_store *store, wsub_sites_cb *cb, void *arg);

#endif
