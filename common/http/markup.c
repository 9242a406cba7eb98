#include "common/http/markup.h"

#include <stdbool.h>
#include <string.h>

struct text {
    const char *at, *end;
};

static bool begins(const struct text *text, const char *with)
{
    size_t len = strlen(with);

    return (size_t)(text->end - text->at) >= len &&
           memcmp(text->at, with, len) == 0;
}

/* Goes behind the next `what`, or to the end. */
static void pass(struct text *text, const char *what)
{
    const char *found =
        memmem(text->at, (size_t)(text->end - text->at), what, strlen(what));

    text->at = found != NULL ? found + strlen(what) : text->end;
}

/* Goes behind the comment; false when it is malformed. */
static bool pass_comment(struct text *text)
{
    text->at += strlen("<!--");
    pass(text, "--");
    if (text->at == text->end)
        return true;
    return *text->at++ == '>';
}

/* What looks like a comment is none in a CDATA section, nor in a processing
 * instruction; no attribute's value holds a '<'. */
static bool pass_markup(struct text *text)
{
    if (begins(text, "<!--"))
        return pass_comment(text);
    if (begins(text, "<![CDATA["))
        pass(text, "]]>");
    else if (begins(text, "<?"))
        pass(text, "?>");
    else
        text->at++;
    return true;
}

size_t wsub_markup_harmless(const char *content, size_t len)
{
    struct text text = {.at = content, .end = content + len};
    const char *begin;

    while ((begin = memchr(text.at, '<', (size_t)(text.end - text.at))) !=
           NULL) {
        text.at = begin;
        if (!pass_markup(&text))
            return (size_t)(begin - content);
    }
    return len;
}
