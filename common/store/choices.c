#include "common/store/choices.h"

#include <string.h>

static const char hash_letters[] = {
    [WSUB_HASH_SHA1] = '1',
    [WSUB_HASH_SHA256] = '2',
    [WSUB_HASH_SHA384] = '3',
    [WSUB_HASH_SHA512] = '5',
};
static const char header_letters[] = {
    [WSUB_HEADERS_WEBSUB] = 'w',
    [WSUB_HEADERS_STANDARD] = 's',
};

static bool take_letter(char letter, struct wsub_choices *choices)
{
    const char *hash = memchr(hash_letters, letter, sizeof(hash_letters));
    const char *headers =
        memchr(header_letters, letter, sizeof(header_letters));

    if (hash != NULL && !choices->has_hash) {
        choices->has_hash = true;
        choices->hash = (enum wsub_hash)(hash - hash_letters);
        return true;
    }
    if (headers != NULL && !choices->has_headers) {
        choices->has_headers = true;
        choices->headers =
            (enum wsub_delivery_headers)(headers - header_letters);
        return true;
    }
    return false;
}

bool wsub_choices_parse(const char *letters, size_t len,
                        struct wsub_choices *ret_choices)
{
    *ret_choices = (struct wsub_choices){0};
    for (size_t i = 0; i < len; i++)
        if (!take_letter(letters[i], ret_choices))
            return false;
    return true;
}

void wsub_choices_print(const struct wsub_choices *choices,
                        char ret_letters[WSUB_CHOICES_BYTES])
{
    if (choices->has_hash)
        *ret_letters++ = hash_letters[choices->hash];
    if (choices->has_headers)
        *ret_letters++ = header_letters[choices->headers];
    *ret_letters = '\0';
}
