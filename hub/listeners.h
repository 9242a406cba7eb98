/* listeners.h - where the hub's API is served.
 *
 *   listen         all but what is served elsewhere
 *   admin_listen   when it is set: /admin, /dashboard, and health and metrics
 *   (status_listen is served by common/program: health and metrics)
 *
 * What is served elsewhere is a 404. */
#ifndef HUB_LISTENERS_H
#define HUB_LISTENERS_H

#include "common/base/err.h"
#include "common/http/budget.h"
#include "common/http/on_response.h"

struct event_base;
struct hub;
struct hub_listeners;
struct wsub_config;
struct wsub_networks;

struct hub_listeners_options {
    struct event_base *base;             /* borrowed; outlives them */
    const struct wsub_config *config;    /* borrowed; outlives them */
    struct hub *hub;                     /* borrowed; given to the handlers */
    const struct wsub_networks *proxies; /* borrowed; outlives them */
    wsub_http_load_cb *on_load;          /* of `listen`; gets the hub */
    wsub_http_response_cb *on_response;  /* of all; gets the hub */
};

/* Starts to listen.  Errors as wsub_http_server_new(). */
enum wsub_err
hub_listeners_new(const struct hub_listeners_options *options,
                  char err_text[256],
                  struct hub_listeners **ret_listeners) WSUB_MUST_CHECK;

/* As wsub_http_server_free().  NULL is fine. */
void hub_listeners_free(struct hub_listeners *listeners);

/* As wsub_http_server_drain(), of all of them. */
void hub_listeners_drain(struct hub_listeners *listeners,
                         void (*on_empty)(void *arg), void *arg);

/* The address of `listen`. */
const char *hub_listeners_address(const struct hub_listeners *listeners);

/* That of admin_listen; NULL: none is set. */
const char *hub_listeners_admin(const struct hub_listeners *listeners);

#endif
