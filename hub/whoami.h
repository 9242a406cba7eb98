/* whoami.h - GET /admin/whoami: whose token that is, and which hub this is. */
#ifndef HUB_WHOAMI_H
#define HUB_WHOAMI_H

struct wsub_http_request;

void hub_whoami(struct wsub_http_request *req, void *hub);

#endif
