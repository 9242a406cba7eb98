/* fuzz_form.c - forms: common/http/form.h.
 *
 * A form that was read, and is encoded anew, says the same. */
#include "common/http/form.h"

#include "common/base/buf.h"
#include "common/http/url.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS_MAX 100

static void encode(const struct wsub_form *form, struct wsub_buf *out)
{
    for (size_t i = 0; i < form->count; i++) {
        wsub_buf_str(out, i == 0 ? "" : "&");
        wsub_url_encode(out, form->fields[i].name);
        wsub_buf_char(out, '=');
        wsub_url_encode(out, form->fields[i].value);
    }
}

static void check_again(const struct wsub_form *form)
{
    struct wsub_buf text = {0};
    struct wsub_form again;

    encode(form, &text);
    FUZZ_CHECK(wsub_form_parse(wsub_buf_cstr(&text), text.len, FIELDS_MAX,
                               &again) == WSUB_OK);
    FUZZ_CHECK(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        FUZZ_CHECK(strcmp(again.fields[i].name, form->fields[i].name) == 0);
        FUZZ_CHECK(strcmp(again.fields[i].value, form->fields[i].value) == 0);
        FUZZ_CHECK(wsub_form_find(form, again.fields[i].name, NULL) > 0);
    }
    wsub_form_done(&again);
    wsub_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct wsub_form form;

    if (wsub_form_parse(text, size, FIELDS_MAX, &form) == WSUB_OK) {
        FUZZ_CHECK(form.count <= FIELDS_MAX);
        check_again(&form);
        wsub_form_done(&form);
    }
    free(text);
    return 0;
}
