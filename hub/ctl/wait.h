/* wait.h - looks at what is waited for, again and again.
 *
 * The hub may restart meanwhile, or Redis: a look bears it for some seconds.  The
 * spreaders do what is waited for, and their coordinator: without them it rests, and
 * is done once they are back.  So the wait goes on, and after some seconds without a
 * change standard error says why; again when the reason is another one. */
#ifndef HUB_CTL_WAIT_H
#define HUB_CTL_WAIT_H

#include <stdbool.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "hub/ctl/command.h"

struct hub_ctl_wait {
    unsigned still;       /* looks in a row without a change */
    struct wsub_buf told; /* owned; the last reason */
};

/* A look: hub_ctl_get(), repeated for 20 s while there is no response or a 5xx.
 * Where `may_lack`, a 404 is HUB_CTL_DONE too, with NULL. */
enum hub_ctl_exit hub_ctl_wait_get(struct hub_ctl *ctl, const char *path,
                                   bool may_lack, json_t **ret_root);

/* Between two looks: tells why nothing has changed, and lets half a second pass. */
void hub_ctl_wait_next(struct hub_ctl_wait *wait, struct hub_ctl *ctl,
                       bool has_changed);

void hub_ctl_wait_done(struct hub_ctl_wait *wait);

#endif
