#include "common/http/form.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

/* A field may be a secret. */
static void free_wiped(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* Returns the decoded text, or NULL.  It is never longer than its code. */
static char *decode(const char *text, size_t len)
{
    char *out = wsub_calloc(len + 1, 1);
    size_t n = 0;
    bool fine = true;

    for (size_t i = 0; i < len && fine; i++) {
        if (text[i] != '%') {
            out[n++] = text[i] == '+' ? ' ' : text[i];
            continue;
        }
        fine = len - i > 2 && wsub_hex_digit(text[i + 1]) >= 0 &&
               wsub_hex_digit(text[i + 2]) >= 0;
        if (fine)
            out[n++] = (char)(wsub_hex_digit(text[i + 1]) * 16 +
                              wsub_hex_digit(text[i + 2]));
        i += 2;
    }
    if (fine && wsub_utf8_is(out, n))
        return out;
    free_wiped(out);
    return NULL;
}

static enum wsub_err add_field(struct wsub_form *form, const char *text,
                               size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - text);
    size_t value_at = equals == NULL ? len : name_len + 1;
    struct wsub_form_field *field = &form->fields[form->count++];

    field->name = decode(text, name_len);
    field->value = decode(text + value_at, len - value_at);
    return field->name == NULL || field->value == NULL ? WSUB_ERR_INVALID
                                                       : WSUB_OK;
}

/* The fields of the text; "a&&b" has two. */
static size_t count_fields(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        if (text[i] != '&' && (i == 0 || text[i - 1] == '&'))
            count++;
    return count;
}

enum wsub_err wsub_form_parse(const char *text, size_t len, size_t max_fields,
                              struct wsub_form *ret_form)
{
    struct wsub_form form = {0};
    size_t count = count_fields(text, len);
    enum wsub_err err = WSUB_OK;

    if (count > max_fields)
        return WSUB_ERR_TOO_LARGE;
    form.fields = wsub_calloc(count, sizeof(*form.fields));
    for (size_t at = 0; at < len && err == WSUB_OK;) {
        const char *end = memchr(text + at, '&', len - at);
        size_t n = end == NULL ? len - at : (size_t)(end - text) - at;

        if (n > 0)
            err = add_field(&form, text + at, n);
        at += n + 1;
    }
    if (err != WSUB_OK) {
        wsub_form_done(&form);
        return err;
    }
    *ret_form = form;
    return WSUB_OK;
}

void wsub_form_done(struct wsub_form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        free(form->fields[i].name);
        free_wiped(form->fields[i].value);
    }
    free(form->fields);
    *form = (struct wsub_form){0};
}

size_t wsub_form_find(const struct wsub_form *form, const char *name,
                      const char **ret_value)
{
    size_t found = 0;

    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) != 0)
            continue;
        if (found++ == 0 && ret_value != NULL)
            *ret_value = form->fields[i].value;
    }
    return found;
}
