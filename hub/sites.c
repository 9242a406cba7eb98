#include "hub/sites.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/store/sites.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct wsub_site_row *)a)->name,
                  ((const struct wsub_site_row *)b)->name);
}

static json_t *site_json(const struct wsub_site_row *row)
{
    json_t *root = json_loads(row->record, 0, NULL);

    if (root != NULL)
        json_object_del(root, "v");
    return root;
}

static void on_sites(enum wsub_err err, const struct wsub_site_row *rows,
                     size_t count, void *arg)
{
    struct wsub_http_request *req = arg;
    struct wsub_site_row *sorted;
    json_t *list;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(req);
        return;
    }
    sorted = wsub_calloc(count + 1, sizeof(*sorted));
    memcpy(sorted, rows, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare);
    list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *site = site_json(&sorted[i]);

        if (site != NULL)
            json_array_append_new(list, site);
    }
    free(sorted);
    hub_json_respond(req, json_pack("{s:o}", "sites", list));
}

void hub_sites(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_sites_read(hub->store, on_sites, req);
}
