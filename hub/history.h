/* history.h - GET /admin/history: what all processes did in the last five minutes,
 * hour or day (common/store/sums.h). */
#ifndef HUB_HISTORY_H
#define HUB_HISTORY_H

struct wsub_http_request;

void hub_history(struct wsub_http_request *req, void *hub);

#endif
