#include "spreader/entries.h"

#include "common/base/config.h"
#include "common/http/feed_entries.h"

void spread_entries_done(struct spread_entries *e)
{
    wsub_buf_done(&e->known);
    wsub_buf_done(&e->now);
}

void spread_entries_load(struct spread_entries *e, const char *known)
{
    wsub_buf_clear(&e->known);
    wsub_buf_str(&e->known, known != NULL ? known : "");
}

bool spread_entries_take(struct spread_entries *e,
                         const struct wsub_config *config, const char *content,
                         size_t len, struct wsub_buf *ret_body)
{
    enum wsub_feed_entries found = WSUB_FEED_NONE;

    if (config->feed_entries == WSUB_ENTRIES_NEW)
        found = wsub_feed_entries(content, len, wsub_buf_cstr(&e->known),
                                  &e->now, ret_body);
    if (found == WSUB_FEED_NONE || found == WSUB_FEED_NEW)
        wsub_buf_add(ret_body, content, len);
    return found != WSUB_FEED_KNOWN;
}
