#include "hub/policy.h"

#include <stddef.h>
#include <string.h>

#include "common/http/url.h"

/* Whether the `len` bytes of `pattern` match `subject`.  The first piece
 * stands at the start, the last at the end, and taking each one between at
 * its first place leaves the most for those behind it. */
static bool matches(const char *pattern, size_t len, const char *subject)
{
    const char *end = pattern + len, *wildcard = memchr(pattern, '*', len);
    const char *subject_end = subject + strlen(subject);
    size_t piece = (size_t)((wildcard != NULL ? wildcard : end) - pattern);

    if (strncmp(subject, pattern, piece) != 0)
        return false;
    subject += piece;
    if (wildcard == NULL)
        return subject == subject_end;
    for (;;) {
        pattern = wildcard + 1;
        wildcard = memchr(pattern, '*', (size_t)(end - pattern));
        if (wildcard == NULL)
            break;
        piece = (size_t)(wildcard - pattern);
        subject =
            memmem(subject, (size_t)(subject_end - subject), pattern, piece);
        if (subject == NULL)
            return false;
        subject += piece;
    }
    piece = (size_t)(end - pattern);
    return (size_t)(subject_end - subject) >= piece &&
           memcmp(subject_end - piece, pattern, piece) == 0;
}

bool hub_policy_matches(const char *patterns, const char *subject)
{
    while (*patterns != '\0') {
        size_t len = strcspn(patterns, ","), blanks;

        blanks = strspn(patterns, " \t");
        if (blanks < len) {
            size_t used = len;

            while (strchr(" \t", patterns[used - 1]) != NULL)
                used--;
            if (matches(patterns + blanks, used - blanks, subject))
                return true;
        }
        patterns += len;
        if (*patterns == ',')
            patterns++;
    }
    return false;
}

static void add_host(struct wsub_buf *out, const struct wsub_url *url)
{
    size_t len = strlen(url->host);

    if (strchr(url->host, ':') != NULL) {
        wsub_buf_printf(out, "[%s]", url->host);
        return;
    }
    if (url->host[len - 1] == '.')
        len--;
    wsub_buf_add(out, url->host, len);
}

void hub_policy_subject(const char *normalized, struct wsub_buf *ret_subject)
{
    struct wsub_url url;
    const char *rest;

    if (wsub_url_parse(normalized, NULL, &url) != WSUB_URL_FINE) {
        wsub_buf_str(ret_subject, normalized);
        return;
    }
    wsub_buf_str(ret_subject, url.https ? "https://" : "http://");
    add_host(ret_subject, &url);
    if (url.port != (url.https ? 443 : 80))
        wsub_buf_printf(ret_subject, ":%u", (unsigned)url.port);
    rest = strchr(normalized, ':') + strlen("://");
    rest += strcspn(rest, "/?");
    if (*rest != '/')
        wsub_buf_char(ret_subject, '/');
    wsub_buf_str(ret_subject, rest);
}

static bool permits(const char *allow, const char *deny, const char *normalized)
{
    struct wsub_buf subject = {0};
    bool permitted;

    if (allow[0] == '\0' && deny[0] == '\0')
        return true;
    hub_policy_subject(normalized, &subject);
    permitted = (allow[0] == '\0' || hub_policy_matches(allow, subject.data)) &&
                !hub_policy_matches(deny, subject.data);
    wsub_buf_done(&subject);
    return permitted;
}

const char *hub_policy_denial(const struct wsub_config *config,
                              const char *topic, const char *callback)
{
    if (!permits(config->topic_allow, config->topic_deny, topic))
        return "This hub does not serve the topic.";
    if (!permits(config->callback_allow, config->callback_deny, callback))
        return "This hub does not serve the callback.";
    return NULL;
}
