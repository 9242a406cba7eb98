#include "common/http/cors.h"

#include <stddef.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/http/url.h"

/* The next item of a list, without the spaces around it; false at the end. */
static bool take_item(const char **list, const char **ret_item, size_t *ret_len)
{
    const char *at = *list + strspn(*list, " ,");
    size_t len = strcspn(at, ",");

    *list = at + len;
    while (len > 0 && at[len - 1] == ' ')
        len--;
    *ret_item = at;
    *ret_len = len;
    return len > 0;
}

static bool is_all(const char *item, size_t len)
{
    return len == 1 && item[0] == '*';
}

/* A URL without a path, in lower case. */
static bool is_origin(const char *item, size_t len)
{
    struct wsub_buf text = {0};
    struct wsub_url url;
    bool is_it;

    wsub_buf_add(&text, item, len);
    is_it = wsub_url_parse(text.data, NULL, &url) == WSUB_URL_FINE &&
            strpbrk(strstr(text.data, "://") + 3, "/?%") == NULL;
    for (size_t i = 0; i < len; i++)
        is_it = is_it && !(item[i] >= 'A' && item[i] <= 'Z');
    wsub_buf_done(&text);
    return is_it;
}

bool wsub_cors_is_list(const char *text)
{
    const char *item;
    size_t len;

    while (take_item(&text, &item, &len))
        if (!is_all(item, len) && !is_origin(item, len))
            return false;
    return true;
}

bool wsub_cors_has(const char *list, const char *origin)
{
    const char *item;
    size_t len;

    while (take_item(&list, &item, &len))
        if (is_all(item, len) ||
            (strlen(origin) == len && memcmp(item, origin, len) == 0))
            return true;
    return false;
}
