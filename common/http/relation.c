#include "common/http/relation.h"

#include <string.h>
#include <strings.h>

#include "common/http/resolve.h"

#define BLANKS " \t\r\n\f"

void wsub_relations_init(struct wsub_relations *found, const char *base)
{
    *found = (struct wsub_relations){.base = base};
}

static void targets_done(struct wsub_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        wsub_buf_done(&targets->url[i]);
    targets->count = 0;
}

void wsub_relations_done(struct wsub_relations *found)
{
    targets_done(&found->hub);
    targets_done(&found->self);
}

/* True when `rel` lists the type; types are compared without case (RFC 8288
 * section 2.1.1). */
static bool lists(const char *rel, const char *type)
{
    size_t len;

    for (rel += strspn(rel, BLANKS); *rel != '\0';
         rel += len, rel += strspn(rel, BLANKS)) {
        len = strcspn(rel, BLANKS);
        if (len == strlen(type) && strncasecmp(rel, type, len) == 0)
            return true;
    }
    return false;
}

static void targets_add(struct wsub_targets *targets, const char *base,
                        const char *reference)
{
    if (targets->count < WSUB_TARGETS_MAX &&
        wsub_resolve(base, reference, &targets->url[targets->count]) ==
            WSUB_URL_FINE)
        targets->count++;
}

bool wsub_relations_want(const char *rel)
{
    return lists(rel, "hub") || lists(rel, "self");
}

void wsub_relations_add(struct wsub_relations *found, const char *base,
                        const char *rel, const char *reference)
{
    if (lists(rel, "hub"))
        targets_add(&found->hub, base, reference);
    if (lists(rel, "self"))
        targets_add(&found->self, base, reference);
}

bool wsub_targets_have(const struct wsub_targets *targets, const char *url,
                       bool normalized)
{
    bool have = false;

    for (size_t i = 0; i < targets->count && !have; i++) {
        const char *target = wsub_buf_cstr(&targets->url[i]);
        struct wsub_buf normal = {0};
        struct wsub_url parts;

        have = strcmp(target, url) == 0 ||
               (normalized &&
                wsub_url_parse(target, &normal, &parts) == WSUB_URL_FINE &&
                strcmp(wsub_buf_cstr(&normal), url) == 0);
        wsub_buf_done(&normal);
    }
    return have;
}
