/* operator.h - what the requests of the admin API share: who may send them,
 * and the parameters that page through lists.
 *
 * A list ends a page with `next`, the place to go on from; the client gives it
 * back as `from` and knows nothing of its form, N-NUMBER-NUMBER. */
#ifndef HUB_OPERATOR_H
#define HUB_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/http/form.h"
#include "common/store/place.h"
#include "hub/errors.h"
#include "hub/filter.h"
#include "hub/hub.h"

struct hub_page {
    bool continued;            /* it begins at `from` */
    struct wsub_place from;    /* zero unless continued */
    size_t limit;              /* most rows in the page */
    struct hub_filter *filter; /* owned by who takes the page; NULL: none */
};

/* The check of a route of the admin API that takes a form: access.h, and its
 * Content-Type. */
bool hub_operator_may_post(struct wsub_http_request *req, void *hub);

/* Takes the optional `from` and `limit`. */
void hub_operator_page(const struct hub *hub, const struct wsub_form *query,
                       struct hub_errors *errors, struct hub_page *ret_page);

/* Takes the optional `limit`: most rows in a page. */
void hub_operator_limit(const struct wsub_form *query,
                        struct hub_errors *errors, size_t *ret_limit);

/* `name` has a value that this hub has not given. */
void hub_operator_add_stray(struct hub_errors *errors, const char *name);

/* Takes a request for a list: checks page and filter, and has `start` go on when
 * they are in order, which takes the page's filter. */
void hub_operator_list(struct hub *hub, struct wsub_http_request *req,
                       const struct hub_filter_row *filters,
                       void (*start)(struct hub *hub,
                                     struct wsub_http_request *req,
                                     const struct hub_page *page));

/* Takes the optional place `name`; *ret_given is whether it is there. */
bool hub_operator_place(const struct hub *hub, const struct wsub_form *form,
                        const char *name, struct hub_errors *errors,
                        bool *ret_given, struct wsub_place *ret_place);

/* The same of the id of an entry of the cluster's streams, MS-SEQ. */
void hub_operator_stream_id(const struct wsub_form *form, const char *name,
                            struct hub_errors *errors, bool *ret_given,
                            struct wsub_place *ret_place);

#endif
