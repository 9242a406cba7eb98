#include "spreader/entries.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/redis/refusal.h"

struct spread_entry *spread_entry_new(const char *id, const char *topic,
                                      const char *digest, const char *why)
{
    struct spread_entry *entry = wsub_calloc(1, sizeof(*entry));

    snprintf(entry->id.text, sizeof(entry->id.text), "%s", id);
    snprintf(entry->digest, sizeof(entry->digest), "%s", digest);
    if (topic != NULL)
        entry->topic = wsub_strdup(topic);
    else
        entry->why = wsub_strdup(why);
    return entry;
}

void spread_entry_free(struct spread_entry *entry)
{
    free(entry->topic);
    free(entry->why);
    free(entry);
}

void spread_entry_refused(struct spread_entry *entry, const char *error)
{
    struct wsub_buf why = {0};

    wsub_buf_printf(&why, "Redis refuses it: %.*s",
                    (int)wsub_refusal_len(error), error);
    entry->why = wsub_buf_take(&why);
}

void spread_entries_init(struct spread_entries *entries)
{
    TAILQ_INIT(&entries->unbegun);
    TAILQ_INIT(&entries->open);
    entries->unbegun_count = entries->open_count = 0;
}

static void list_clear(struct spread_entry_list *list)
{
    struct spread_entry *entry;

    while ((entry = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, entry, next);
        spread_entry_free(entry);
    }
}

void spread_entries_clear(struct spread_entries *entries)
{
    list_clear(&entries->unbegun);
    list_clear(&entries->open);
    entries->unbegun_count = entries->open_count = 0;
}

void spread_entries_add_unbegun(struct spread_entries *entries,
                                struct spread_entry *entry)
{
    TAILQ_INSERT_TAIL(&entries->unbegun, entry, next);
    entries->unbegun_count++;
}

void spread_entries_add_open(struct spread_entries *entries,
                             struct spread_entry *entry)
{
    TAILQ_INSERT_TAIL(&entries->open, entry, next);
    entries->open_count++;
}

struct spread_entry *spread_entries_take_unbegun(struct spread_entries *entries)
{
    struct spread_entry *entry = TAILQ_FIRST(&entries->unbegun);

    TAILQ_REMOVE(&entries->unbegun, entry, next);
    entries->unbegun_count--;
    return entry;
}

struct spread_entry *spread_entries_take_open(struct spread_entries *entries)
{
    struct spread_entry *entry = TAILQ_FIRST(&entries->open);

    TAILQ_REMOVE(&entries->open, entry, next);
    entries->open_count--;
    return entry;
}
