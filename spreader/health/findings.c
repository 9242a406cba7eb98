#include "spreader/health/findings.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define KEPT_MAX 1000

struct spread_finding {
    struct wsub_health_issue issue; /* its texts: below */
    char *thing;                    /* owned; slot, key and member */
    size_t thing_len;
    char *action, *why; /* owned */
    UT_hash_handle hh;
};

static void thing_of(const struct wsub_health_issue *issue,
                     struct wsub_buf *ret_thing)
{
    wsub_buf_add(ret_thing, &issue->shard, sizeof(issue->shard));
    wsub_buf_add(ret_thing, issue->key.data, issue->key.len);
    wsub_buf_char(ret_thing, '\0');
    wsub_buf_add(ret_thing, issue->member.data, issue->member.len);
    wsub_buf_char(ret_thing, '\0');
}

static struct spread_finding *find(const struct spread_findings *findings,
                                   const struct wsub_buf *thing)
{
    struct spread_finding *found = NULL;

    HASH_FIND(hh, findings->by_thing, thing->data, thing->len, found);
    return found;
}

/* Takes the bytes of `thing`. */
static void keep(struct spread_findings *findings,
                 const struct wsub_health_issue *issue, struct wsub_buf *thing)
{
    struct spread_finding *finding = wsub_calloc(1, sizeof(*finding));

    finding->issue = *issue;
    finding->thing_len = thing->len;
    finding->thing = wsub_buf_take(thing);
    finding->action = wsub_strdup(issue->action);
    finding->why = wsub_strdup(issue->why);
    finding->issue.action = finding->action;
    finding->issue.why = finding->why;
    finding->issue.key.data = finding->thing + sizeof(issue->shard);
    finding->issue.member.data = finding->issue.key.data + issue->key.len + 1;
    HASH_ADD_KEYPTR(hh, findings->by_thing, finding->thing, finding->thing_len,
                    finding);
    findings->kept++;
}

static void drop(struct spread_findings *findings,
                 struct spread_finding *finding)
{
    HASH_DELETE(hh, findings->by_thing, finding);
    findings->counts[finding->issue.kind]--;
    findings->kept--;
    free(finding->thing);
    free(finding->action);
    free(finding->why);
    free(finding);
}

void spread_findings_add(struct spread_findings *findings,
                         const struct wsub_health_issue *issue)
{
    struct wsub_buf thing = {0};

    thing_of(issue, &thing);
    if (find(findings, &thing) == NULL) {
        findings->counts[issue->kind]++;
        if (findings->kept < KEPT_MAX)
            keep(findings, issue, &thing);
    }
    wsub_buf_done(&thing);
}

void spread_findings_drop(struct spread_findings *findings,
                          bool (*is_to_go)(const struct wsub_health_issue *))
{
    struct spread_finding *finding, *next;

    HASH_ITER(hh, findings->by_thing, finding, next)
    {
        if (is_to_go(&finding->issue))
            drop(findings, finding);
    }
}

void spread_findings_remove(struct spread_findings *findings,
                            const struct wsub_health_issue *issue)
{
    struct spread_finding *finding;
    struct wsub_buf thing = {0};

    thing_of(issue, &thing);
    finding = find(findings, &thing);
    if (finding != NULL)
        drop(findings, finding);
    wsub_buf_done(&thing);
}

void spread_findings_clear(struct spread_findings *findings)
{
    struct spread_finding *finding, *next;

    HASH_ITER(hh, findings->by_thing, finding, next)
    {
        drop(findings, finding);
    }
    *findings = (struct spread_findings){0};
}

uint64_t spread_findings_count(const struct spread_findings *findings)
{
    uint64_t sum = 0;

    for (int i = 0; i < WSUB_HEALTH_KINDS; i++)
        sum += findings->counts[i];
    return sum;
}

struct wsub_health_issue *
spread_findings_list(const struct spread_findings *findings,
                     bool (*is_wanted)(const struct wsub_health_issue *),
                     size_t *ret_count)
{
    struct wsub_health_issue *list =
        wsub_calloc(findings->kept + 1, sizeof(*list));
    size_t count = 0;

    for (const struct spread_finding *finding = findings->by_thing;
         finding != NULL; finding = finding->hh.next)
        if (is_wanted == NULL || is_wanted(&finding->issue))
            list[count++] = finding->issue;
    *ret_count = count;
    return list;
}
