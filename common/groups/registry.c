#include "common/groups/registry.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/store.h"

struct wsub_registry_link {
    struct wsub_store *store; /* borrowed where it is the own one */
    bool is_own;
};

static void on_unusable(const char *sentence, void *arg)
{
    (void)arg;
    wsub_panic("a registry was refused: %s", sentence); /* never is */
}

static bool is_elsewhere(const struct wsub_config *config)
{
    return config->registry_redis_url[0] != '\0' &&
           strcmp(config->registry_redis_url, config->redis_url) != 0;
}

enum wsub_err wsub_registry_link_new(struct event_base *base,
                                     struct wsub_store *own,
                                     const struct wsub_config *config,
                                     char err_text[256],
                                     struct wsub_registry_link **ret_link)
{
    struct wsub_registry_link *link = wsub_calloc(1, sizeof(*link));
    enum wsub_err err = WSUB_OK;

    link->store = own;
    link->is_own = !is_elsewhere(config);
    if (!link->is_own)
        err = wsub_store_new(
            &(struct wsub_store_options){
                .base = base,
                .config = config,
                .is_registry = true,
                .on_unusable = on_unusable,
            },
            err_text, &link->store);
    if (err == WSUB_OK)
        *ret_link = link;
    else
        free(link);
    return err;
}

void wsub_registry_link_close(struct wsub_registry_link *link)
{
    if (link != NULL && !link->is_own)
        wsub_store_close(link->store);
}

void wsub_registry_link_free(struct wsub_registry_link *link)
{
    if (link == NULL)
        return;
    if (!link->is_own)
        wsub_store_free(link->store);
    free(link);
}

struct wsub_store *wsub_registry_link_store(struct wsub_registry_link *link)
{
    return link->store;
}
