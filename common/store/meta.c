#include "common/store/meta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

static const char *const names[] = {"format", "shards", "public_url",
                                    "id",     "moving", "draining"};
enum { FORMAT, SHARDS, PUBLIC_URL, ID, MOVING, DRAINING, FIELDS };

void wsub_meta_ask(struct wsub_cmd *cmd)
{
    for (int i = 0; i < FIELDS; i++)
        wsub_cmd_str(cmd, names[i]);
}

void wsub_meta_read(const struct redisReply *reply, struct wsub_meta *ret_meta)
{
    *ret_meta = (struct wsub_meta){
        .format = reply->element[FORMAT]->str,
        .shards = reply->element[SHARDS]->str,
        .public_url = reply->element[PUBLIC_URL]->str,
        .id = reply->element[ID]->str,
        .moving = reply->element[MOVING]->str,
        .draining = reply->element[DRAINING]->str,
    };
}

unsigned wsub_meta_shards(const struct wsub_meta *meta)
{
    return meta->shards != NULL ? (unsigned)strtoul(meta->shards, NULL, 10) : 0;
}

/* What the program stays away for; NULL: nothing. */
static const char *moving_of(const struct wsub_meta *meta,
                             const struct wsub_meta_reader *reader)
{
    if (reader->is_mover)
        return NULL;
    return meta->moving != NULL || !reader->is_intake ? meta->moving
                                                      : meta->draining;
}

enum wsub_meta_state wsub_meta_judge(const struct wsub_meta *meta,
                                     const struct wsub_meta_reader *reader,
                                     char sentence[256])
{
    const char *moving = moving_of(meta, reader);

    if (meta->format == NULL || strcmp(meta->format, WSUB_META_FORMAT) != 0) {
        snprintf(sentence, 256,
                 "the data in Redis have format %s, this program reads "
                 "format " WSUB_META_FORMAT "; use the matching version",
                 meta->format != NULL ? meta->format : "(none)");
        return WSUB_META_UNUSABLE;
    }
    if (wsub_meta_shards(meta) == 0) {
        snprintf(sentence, 256,
                 "Redis does not tell how many shards it holds (%.16s); use "
                 "another key_prefix",
                 meta->shards != NULL ? meta->shards : "none");
        return WSUB_META_UNUSABLE;
    }
    if (wsub_meta_shards(meta) != reader->shards)
        return WSUB_META_SHARDS;
    if (moving == NULL)
        return WSUB_META_FINE;
    snprintf(sentence, 256, "%.16s", moving);
    return WSUB_META_MOVING;
}
