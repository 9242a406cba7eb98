#include "common/base/countdown.h"

void wsub_countdown_start(struct wsub_countdown *all,
                          void (*on_done)(void *arg), void *arg)
{
    *all = (struct wsub_countdown){.due = 1, .on_done = on_done, .arg = arg};
}

void wsub_countdown_add(struct wsub_countdown *all)
{
    all->due++;
}

void wsub_countdown_off(struct wsub_countdown *all)
{
    if (--all->due == 0)
        all->on_done(all->arg);
}
