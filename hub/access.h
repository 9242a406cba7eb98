/* access.h - who may send a request, by its bearer token (tokens.h).
 *
 * Each check is made once, at the head of the request or, where the mode of a
 * form decides, when the form is there.  A client without the right token is
 * told nothing else.
 *
 * Content push without a token is for a hub that strangers can't reach: one that
 * is wholly local (it listens on loopback and public_url names loopback), and
 * then only for requests that nothing has forwarded and no page of a browser has
 * sent; or for everybody, with publish_open=yes. */
#ifndef HUB_ACCESS_H
#define HUB_ACCESS_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "hub/hub.h"
#include "hub/tokens.h"

struct wsub_http_request;

/* Whether the request has a token that is good for the use: its client is no
 * stranger. */
bool hub_access_shows(const struct hub *hub,
                      const struct wsub_http_request *req,
                      enum hub_token_use use);

/* The same, or the use needs none. */
bool hub_access_has(const struct hub *hub, const struct wsub_http_request *req,
                    enum hub_token_use use);

/* The token of the query, `access_token` (RFC 6750 section 2.3), for pages, whose
 * EventSource sends no header of theirs: adds the header that it stands for, and
 * returns it; NULL without one. */
const char *hub_access_of_query(const struct wsub_http_request *req,
                                struct wsub_buf *header);

/* Responds 401. */
void hub_access_refuse(struct wsub_http_request *req);

/* Responds 401 and returns false unless hub_access_has(). */
bool hub_access_check(const struct hub *hub, struct wsub_http_request *req,
                      enum hub_token_use use);

/* Checks of the head (route.h): whether content may be pushed, and the body of
 * an event be read; 401, or 403 where push is closed. */
bool hub_access_push(struct wsub_http_request *req, void *hub);

/* Of the admin API: 404 while it is off, 401, or 403 to a token that is for
 * reading. */
bool hub_access_admin(struct wsub_http_request *req, void *hub);

/* Of the dashboard, whose files hold no secret: 404 while the admin API is off. */
bool hub_access_dashboard(struct wsub_http_request *req, void *hub);

/* Whether a hub that listens at `address` (HOST:PORT, or unix:/PATH) under that
 * URL is wholly local.  A unix socket is where reverse proxies come from. */
bool hub_access_is_local(const char *address, const char *public_url);

/* The log says who may push, once the hub knows its address. */
void hub_access_log(const struct hub *hub);

#endif
