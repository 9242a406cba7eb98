/* web.h - serves the pages of the hub and their files (web_file.h).
 *
 * A page may load and ask nothing but what this hub serves, runs no script and
 * no style that stands in it, and is shown in no frame.  Browsers keep a file
 * and ask whether it is still the same (ETag, 304). */
#ifndef HUB_WEB_H
#define HUB_WEB_H

#include <stddef.h>

struct hub_web_file;
struct wsub_http_request;

/* NULL when there is none of that name. */
const struct hub_web_file *hub_web_find(const char *name);

/* Adds what every response to a browser says of scripts, frames and sniffing. */
void hub_web_guard(struct wsub_http_request *req);

/* Responds with the file, or 304. */
void hub_web_respond(struct wsub_http_request *req,
                     const struct hub_web_file *file);

/* Responds with the file that the request's path names, or 404. */
void hub_web_file_get(struct wsub_http_request *req, void *hub);

/* The page of the dashboard. */
void hub_dashboard(struct wsub_http_request *req, void *hub);

#endif
