#include "common/http/resolve.h"

#include <string.h>

#include <curl/curl.h>

#define BLANKS " \t\r\n\f"

/* Whether the path of an absolute URL has a segment `.` or `..`. */
static bool has_dot_segment(const char *url)
{
    const char *end = url + strcspn(url, "?");
    const char *at = strstr(url, "://") + strlen("://");

    while ((at = memchr(at, '/', (size_t)(end - at))) != NULL) {
        size_t len = strcspn(++at, "/?");

        if ((len == 1 || len == 2) && strspn(at, ".") == len)
            return true;
    }
    return false;
}

/* Puts a reference together with its base.  libcurl takes none that is empty,
 * so that one is the caller's. */
static bool join(const char *base, const char *reference, struct wsub_buf *out)
{
    CURLU *url = curl_url();
    char *joined = NULL;
    bool done = url != NULL &&
                curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
                curl_url_set(url, CURLUPART_URL, reference, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_URL, &joined, 0) == CURLUE_OK;

    if (done)
        wsub_buf_str(out, joined);
    curl_free(joined);
    curl_url_cleanup(url);
    return done;
}

/* Copies the reference without blanks around it and without its fragment, and with
 * what no URL may hold encoded. */
static void trim(const char *reference, struct wsub_buf *out)
{
    struct wsub_buf raw = {0};
    size_t len;

    reference += strspn(reference, BLANKS);
    len = strcspn(reference, "#");
    while (len > 0 && strchr(BLANKS, reference[len - 1]) != NULL)
        len--;
    wsub_buf_add(&raw, reference, len);
    wsub_url_repair(out, wsub_buf_cstr(&raw));
    wsub_buf_done(&raw);
}

static enum wsub_url_fault resolve(const char *base, const char *reference,
                                   bool keep_dots, struct wsub_buf *out)
{
    struct wsub_buf plain = {0}, joined = {0};
    struct wsub_url url;
    enum wsub_url_fault fault = WSUB_URL_TOO_LONG;

    if (strnlen(reference, WSUB_URL_MAX_BYTES + 1) > WSUB_URL_MAX_BYTES)
        return fault;
    trim(reference, &plain);
    if (plain.len == 0)
        wsub_buf_str(&plain, base);
    fault = wsub_url_parse(wsub_buf_cstr(&plain), NULL, &url);
    if ((fault == WSUB_URL_NOT_HTTP || (fault == WSUB_URL_FINE && !keep_dots &&
                                        has_dot_segment(plain.data))) &&
        join(base, wsub_buf_cstr(&plain), &joined)) {
        wsub_buf_clear(&plain);
        wsub_buf_add(&plain, joined.data, joined.len);
        fault = wsub_url_parse(wsub_buf_cstr(&plain), NULL, &url);
    }
    if (fault == WSUB_URL_FINE)
        wsub_buf_add(out, plain.data, plain.len);
    wsub_buf_done(&plain);
    wsub_buf_done(&joined);
    return fault;
}

enum wsub_url_fault wsub_resolve(const char *base, const char *reference,
                                 struct wsub_buf *out)
{
    return resolve(base, reference, true, out);
}

enum wsub_url_fault wsub_resolve_location(const char *base,
                                          const char *location,
                                          struct wsub_buf *out)
{
    return resolve(base, location, false, out);
}
