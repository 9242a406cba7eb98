#include "hub/ctl/wait.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hub/ctl/overview.h"
#include "hub/ctl/request.h"

#define LOOK_US 500000
#define MISSING_MAX 40 /* 20 s: programs restart within it */
#define STILL_LOOKS 6  /* 3 s: what goes on has changed by then */

/* A failure is told by the last look only; one that will not pass is repeated once,
 * to be told. */
enum hub_ctl_exit hub_ctl_wait_get(struct hub_ctl *ctl, const char *path,
                                   bool may_lack, json_t **ret_root)
{
    enum hub_ctl_exit exit_code;
    unsigned missing = 0;
    long status;

    *ret_root = NULL;
    for (;;) {
        hub_ctl_client_tells(ctl->client, missing == MISSING_MAX);
        exit_code = hub_ctl_get(ctl->client, path, ret_root);
        hub_ctl_client_tells(ctl->client, true);
        status = hub_ctl_client_status(ctl->client);
        if (exit_code != HUB_CTL_DONE && may_lack && status == 404)
            return HUB_CTL_DONE;
        if (exit_code == HUB_CTL_DONE || missing == MISSING_MAX)
            return exit_code;
        missing = status == 0 || status >= 500 ? missing + 1 : MISSING_MAX;
        usleep(LOOK_US);
    }
}

static void tell(struct hub_ctl_wait *wait, const char *reason)
{
    fprintf(stderr, "%swebsub-hub ctl: waiting, since %s.\n",
            isatty(STDERR_FILENO) ? "\r\033[K" : "", reason);
    wsub_buf_clear(&wait->told);
    wsub_buf_str(&wait->told, reason);
}

static void tell_why(struct hub_ctl_wait *wait, struct hub_ctl *ctl)
{
    struct wsub_buf reason = {0};

    hub_ctl_client_tells(ctl->client, false);
    if (hub_ctl_spreaders_rest(ctl, &reason) &&
        strcmp(reason.data, wsub_buf_cstr(&wait->told)) != 0)
        tell(wait, reason.data);
    hub_ctl_client_tells(ctl->client, true);
    wsub_buf_done(&reason);
}

void hub_ctl_wait_next(struct hub_ctl_wait *wait, struct hub_ctl *ctl,
                       bool has_changed)
{
    wait->still = has_changed ? 0 : wait->still + 1;
    if (wait->still == STILL_LOOKS) {
        wait->still = 0;
        tell_why(wait, ctl);
    }
    usleep(LOOK_US);
}

void hub_ctl_wait_done(struct hub_ctl_wait *wait)
{
    wsub_buf_done(&wait->told);
}
