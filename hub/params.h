/* params.h - the parameters that several requests share, checked.
 *
 * Each function answers a bad request itself and then returns false: the
 * caller just returns. */
#ifndef HUB_PARAMS_H
#define HUB_PARAMS_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/http/form.h"
#include "hub/hub.h"

/* Takes the one URL parameter `name` of the form: *ret_given is its spelling
 * there (borrowed from the form), the normalized one is added to `ret_url`. */
bool hub_param_url(struct hub *hub, struct wsub_http_request *req,
                   const struct wsub_form *form, const char *name,
                   const char **ret_given, struct wsub_buf *ret_url);

/* The same for a value at hand. */
bool hub_check_url(struct hub *hub, struct wsub_http_request *req,
                   const char *name, const char *value,
                   struct wsub_buf *ret_url);

/* Takes an optional parameter: *ret_value is NULL without it. */
bool hub_param_optional(struct wsub_http_request *req,
                        const struct wsub_form *form, const char *name,
                        const char **ret_value);

/* Checks `Authorization: Bearer TOKEN` against `token`; "" asks for none. */
bool hub_check_token(struct wsub_http_request *req, const char *token);

#endif
