/* request.h - requests of ctl to the admin API. */
#ifndef HUB_CTL_REQUEST_H
#define HUB_CTL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "hub/ctl/exit.h"

struct hub_ctl_client;

struct hub_ctl_response {
    long status;
    struct wsub_buf body; /* owned */
};

/* A client of the hub at `url` (http, https, or unix:/PATH), with the token of
 * `token_file` or, where that is NULL, of the environment (WEBSUB_ADMIN_TOKEN).
 * NULL after a sentence on standard error. */
struct hub_ctl_client *hub_ctl_client_new(const char *url,
                                          const char *token_file);
void hub_ctl_client_free(struct hub_ctl_client *client);

/* Where the hub is, for people. */
const char *hub_ctl_client_url(const struct hub_ctl_client *client);

/* Whether failures are told on standard error; they are unless this says no: of a
 * hub that may restart a look is repeated. */
void hub_ctl_client_tells(struct hub_ctl_client *client, bool tells);

/* Of the last response; 0: there was none. */
long hub_ctl_client_status(const struct hub_ctl_client *client);

/* Makes a request; `body` NULL: none.  HUB_CTL_DONE is any response, which the
 * caller ends by hub_ctl_response_done(); else a sentence was written. */
enum hub_ctl_exit hub_ctl_send(struct hub_ctl_client *client,
                               const char *method, const char *path,
                               const char *content_type, const char *body,
                               size_t len, struct hub_ctl_response *response);
void hub_ctl_response_done(struct hub_ctl_response *response);

/* Takes each piece of a body as it comes; false ends the request. */
typedef bool hub_ctl_piece_cb(const char *bytes, size_t len, void *arg);

/* A GET whose body is given to `on_piece`, of any length.  A response other than
 * 200 is told as hub_ctl_get() does. */
enum hub_ctl_exit hub_ctl_stream(struct hub_ctl_client *client,
                                 const char *path, hub_ctl_piece_cb *on_piece,
                                 void *arg);

/* GET; *ret_root is the response's JSON, the caller's.  Everything but a 2xx with
 * JSON is told on standard error. */
enum hub_ctl_exit hub_ctl_get(struct hub_ctl_client *client, const char *path,
                              json_t **ret_root);

/* The same with a JSON body, which is freed; NULL: none. */
enum hub_ctl_exit hub_ctl_order(struct hub_ctl_client *client,
                                const char *method, const char *path,
                                json_t *body, json_t **ret_root);

/* Tells what the hub has said in a response other than 2xx, or to which JSON was
 * expected. */
enum hub_ctl_exit hub_ctl_tell(const struct hub_ctl_response *response);

/* Adds NAME=VALUE to the query of `path`, percent-encoded. */
void hub_ctl_add_query(struct wsub_buf *path, const char *name,
                       const char *value);

#endif
