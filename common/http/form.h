/* form.h - application/x-www-form-urlencoded, of bodies and of queries.
 *
 * (URL Standard section 5.1: '+' is a space, '%XX' a byte.)  A broken %-escape or a
 * byte sequence that is no UTF-8 or holds a zero byte is an error, not a
 * guess. */
#ifndef WSUB_HTTP_FORM_H
#define WSUB_HTTP_FORM_H

#include <stddef.h>

#include "common/base/err.h"

struct wsub_form_field {
    char *name;  /* owned; decoded */
    char *value; /* owned; decoded; "" without '=' */
};

struct wsub_form {
    struct wsub_form_field *fields; /* owned; in the order sent */
    size_t count;
};

/* Parses `len` bytes (0 gives an empty form).  More than `max_fields` fields
 * is WSUB_ERR_TOO_LARGE, bad encoding WSUB_ERR_INVALID. */
enum wsub_err wsub_form_parse(const char *text, size_t len, size_t max_fields,
                              struct wsub_form *ret_form) WSUB_MUST_CHECK;
void wsub_form_done(struct wsub_form *form);

/* How often `name` occurs; *ret_value (may be NULL) is set to the first
 * value when it does. */
size_t wsub_form_find(const struct wsub_form *form, const char *name,
                      const char **ret_value);

#endif
