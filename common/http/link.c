/* link.c - see link.h.
 *
 *   value = link *( "," link )
 *   link  = "<" target ">" *( ";" name [ "=" ( token / quoted ) ] )
 *
 * as RFC 8288 appendix B.2 and B.3 read it.  Each function takes what it
 * knows off the front of the text. */
#include "common/http/link.h"

#include <string.h>
#include <strings.h>

#include "common/http/resolve.h"

#define BLANKS " \t"

struct text {
    const char *at, *end;
};

struct link {
    struct wsub_buf target, rel, anchor; /* owned */
    bool has_rel, has_anchor;            /* the first of a kind counts */
};

static bool begins(const struct text *text, char c)
{
    return text->at < text->end && *text->at == c;
}

static void skip(struct text *text, const char *set)
{
    while (text->at < text->end && *text->at != '\0' &&
           strchr(set, *text->at) != NULL)
        text->at++;
}

/* Moves to the next byte of `set`, or to the end. */
static void skip_until(struct text *text, const char *set)
{
    while (text->at < text->end && strchr(set, *text->at) == NULL)
        text->at++;
}

/* Takes a quoted string; false when it does not end. */
static bool take_quoted(struct text *text, struct wsub_buf *out)
{
    for (text->at++; text->at < text->end; text->at++) {
        if (*text->at == '"') {
            text->at++;
            return true;
        }
        if (*text->at == '\\' && ++text->at == text->end)
            return false;
        wsub_buf_char(out, *text->at);
    }
    return false;
}

static bool take_value(struct text *text, struct wsub_buf *out)
{
    const char *start;

    skip(text, BLANKS);
    if (!begins(text, '=')) /* a parameter without a value */
        return true;
    text->at++;
    skip(text, BLANKS);
    if (begins(text, '"'))
        return take_quoted(text, out);
    start = text->at;
    skip_until(text, BLANKS ";,");
    wsub_buf_add(out, start, (size_t)(text->at - start));
    return true;
}

static void keep(struct wsub_buf *kept, bool *has, struct wsub_buf *value)
{
    if (*has)
        return;
    *kept = *value;
    *value = (struct wsub_buf){0};
    *has = true;
}

/* Takes what follows a ';'; false when the rest can't be read. */
static bool take_parameter(struct text *text, struct link *link)
{
    struct wsub_buf value = {0};
    const char *name;
    size_t len;
    bool fine;

    skip(text, BLANKS);
    name = text->at;
    skip_until(text, BLANKS "=;,");
    len = (size_t)(text->at - name);
    fine = take_value(text, &value);
    if (fine && len == strlen("rel") && strncasecmp(name, "rel", len) == 0)
        keep(&link->rel, &link->has_rel, &value);
    else if (fine && len == strlen("anchor") &&
             strncasecmp(name, "anchor", len) == 0)
        keep(&link->anchor, &link->has_anchor, &value);
    wsub_buf_done(&value);
    return fine;
}

static bool take_link(struct text *text, struct link *link)
{
    const char *start, *close;

    skip(text, BLANKS ",");
    if (!begins(text, '<'))
        return false;
    start = text->at + 1;
    close = memchr(start, '>', (size_t)(text->end - start));
    if (close == NULL)
        return false;
    wsub_buf_add(&link->target, start, (size_t)(close - start));
    text->at = close + 1;
    skip(text, BLANKS);
    while (begins(text, ';')) {
        text->at++;
        if (!take_parameter(text, link))
            return false;
        skip(text, BLANKS);
    }
    skip_until(text, ",");
    return true;
}

static bool is_about(const struct link *link, const char *base)
{
    struct wsub_buf anchor = {0};
    bool about;

    if (!link->has_anchor)
        return true;
    about = wsub_resolve(base, wsub_buf_cstr(&link->anchor), &anchor) ==
                WSUB_URL_FINE &&
            strcmp(wsub_buf_cstr(&anchor), base) == 0;
    wsub_buf_done(&anchor);
    return about;
}

/* The part of a value that counts: up to a comma, so that nothing is read that
 * the cut has made. */
static struct text whole_links(const char *value, size_t max)
{
    size_t len = strlen(value);
    const char *comma;

    if (len <= max)
        return (struct text){value, value + len};
    comma = memrchr(value, ',', max);
    return (struct text){value, comma != NULL ? comma : value};
}

void wsub_link_relations(const char *value, size_t *rest,
                         struct wsub_relations *found)
{
    struct text text = whole_links(value, *rest);
    size_t len = strlen(value);
    bool more = true;

    *rest -= len < *rest ? len : *rest;

    while (more) {
        struct link link = {0};

        more = take_link(&text, &link);
        if (more && is_about(&link, found->base))
            wsub_relations_add(found, found->base, wsub_buf_cstr(&link.rel),
                               wsub_buf_cstr(&link.target));
        wsub_buf_done(&link.target);
        wsub_buf_done(&link.rel);
        wsub_buf_done(&link.anchor);
    }
}
