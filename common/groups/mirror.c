#include "common/groups/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/groups/groups.h"
#include "common/store/groups.h"

#define PAGE_MAX 200

struct wsub_group_mirror {
    struct wsub_group_mirror_options o;
    struct wsub_timer watch;
    struct wsub_group_place place;  /* in the registry */
    struct wsub_group_place next;   /* behind what is being taken over */
    char own_born[WSUB_BORN_BYTES]; /* of the own Redis, at the place */
    bool looking;
    bool more;
};

static void ask(struct wsub_group_mirror *mirror);

/* The place moves once what is before it is in the own Redis. */
static void on_taken_over(enum wsub_err err, size_t applied, size_t stale,
                          void *arg)
{
    struct wsub_group_mirror *mirror = arg;

    mirror->looking = false;
    if (err != WSUB_OK)
        return;
    if (applied > 0)
        wsub_log_info("groups-taken-over", WSUB_KU("groups", applied));
    if (stale > 0)
        wsub_log_info("ignored-stale", WSUB_KV("of", "the registry"),
                      WSUB_KU("groups", stale));
    mirror->place = mirror->next;
    if (mirror->more)
        ask(mirror);
}

static void on_changes(const struct wsub_group_changes *changes, void *arg)
{
    struct wsub_group_mirror *mirror = arg;
    const char *records[PAGE_MAX];
    size_t count = 0;

    if (changes->err != WSUB_OK || changes->count == 0) {
        mirror->looking = false;
        if (changes->err == WSUB_OK)
            mirror->place = changes->place;
        return;
    }
    for (size_t i = 0; i < changes->count && count < PAGE_MAX; i++)
        if (changes->list[i].record[0] != '\0')
            records[count++] = changes->list[i].record;
    mirror->next = changes->place;
    mirror->more = changes->more;
    wsub_groups_take_over(mirror->o.store, records, count, on_taken_over,
                          mirror);
}

static void ask(struct wsub_group_mirror *mirror)
{
    if (!mirror->o.may_write(mirror->o.arg))
        return;
    mirror->looking = true;
    wsub_group_changes(mirror->o.registry, &mirror->place, PAGE_MAX, on_changes,
                       mirror);
}

/* When the own Redis was emptied all is taken over anew; as long as nobody has seen
 * when it was born it may have been. */
static void look(struct wsub_group_mirror *mirror)
{
    const char *born = wsub_groups_born(mirror->o.groups);

    if (mirror->looking || mirror->o.registry == mirror->o.store)
        return;
    if (born[0] == '\0' || strcmp(born, mirror->own_born) != 0) {
        mirror->place = (struct wsub_group_place){0};
        snprintf(mirror->own_born, sizeof(mirror->own_born), "%s", born);
    }
    ask(mirror);
}

static void on_watch(void *arg)
{
    struct wsub_group_mirror *mirror = arg;

    wsub_timer_start_ms(&mirror->watch,
                        mirror->o.config->group_watch_interval_ms);
    look(mirror);
}

struct wsub_group_mirror *
wsub_group_mirror_new(const struct wsub_group_mirror_options *options)
{
    struct wsub_group_mirror *mirror = wsub_calloc(1, sizeof(*mirror));

    mirror->o = *options;
    wsub_timer_init(&mirror->watch, options->base, on_watch, mirror);
    if (options->registry != options->store)
        wsub_timer_start_ms(&mirror->watch,
                            options->config->group_watch_interval_ms);
    return mirror;
}

void wsub_group_mirror_free(struct wsub_group_mirror *mirror)
{
    if (mirror == NULL)
        return;
    wsub_timer_done(&mirror->watch);
    free(mirror);
}

void wsub_group_mirror_look(struct wsub_group_mirror *mirror)
{
    look(mirror);
}
