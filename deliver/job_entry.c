#include "deliver/job_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/url.h"
#include "common/store/topic.h"

/* Copies a field that must be there and short; false when it is not. */
static bool take_field(const struct wsub_stream_entry *entry, const char *name,
                       char *ret, size_t size)
{
    size_t len;
    const char *value = wsub_stream_field(entry->fields, name, &len);

    if (value == NULL || len == 0 || len >= size)
        return false;
    memcpy(ret, value, len + 1);
    return true;
}

static uint64_t take_number(const struct wsub_stream_entry *entry,
                            const char *name)
{
    const char *value = wsub_stream_field(entry->fields, name, NULL);

    return value != NULL ? strtoull(value, NULL, 10) : 0;
}

void deliver_job_target(const struct deliver_job *job,
                        char ret_text[DELIVER_TARGET_MAX])
{
    if (job->level == 0)
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s", job->cd);
    else if (job->level == WSUB_LEVEL_ALL)
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s:*", job->cd);
    else
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s:%d", job->cd, job->level);
}

/* The reverse of deliver_job_target(); false when `c` is malformed. */
static bool take_target(struct deliver_job *job, const char *c)
{
    size_t len = c != NULL ? strcspn(c, ":") : 0;

    if (len != WSUB_DIGEST_LEN)
        return false;
    memcpy(job->cd, c, len);
    job->cd[len] = '\0';
    if (strcmp(c + len, ":*") == 0)
        job->level = WSUB_LEVEL_ALL;
    else if (c[len] == ':')
        job->level = (int)strtoul(c + len + 1, NULL, 10);
    return job->level < WSUB_URL_MAX_BYTES;
}

static bool is_event_id(const char *text)
{
    static const char digits[] = "0123456789";
    size_t ms = strspn(text, digits);
    size_t seq = text[ms] == '-' ? strspn(text + ms + 1, digits) : 0;

    return ms > 0 && seq > 0 && text[ms + 1 + seq] == '\0';
}

bool deliver_job_fill(struct deliver_job *job,
                      const struct wsub_stream_entry *entry)
{
    job->failures = (uint32_t)take_number(entry, "n");
    job->retried = wsub_stream_field(entry->fields, "n", NULL) != NULL;
    job->crashes = (uint32_t)take_number(entry, "k");
    if (!take_target(job, wsub_stream_field(entry->fields, "c", NULL)))
        return false;
    job->is_turn = take_field(entry, "f", job->turn_td, sizeof(job->turn_td));
    job->turn = take_number(entry, "u");
    return job->is_turn ||
           (take_field(entry, "e", job->event_id, sizeof(job->event_id)) &&
            is_event_id(job->event_id));
}

const char *deliver_lane_name(enum deliver_lane lane)
{
    return lane == DELIVER_LANE_BULK ? "bulk" : "outbox";
}
