/* exit.h - the exit codes of ctl. */
#ifndef HUB_CTL_EXIT_H
#define HUB_CTL_EXIT_H

/* What scripts look at. */
enum hub_ctl_exit {
    HUB_CTL_DONE = 0,
    HUB_CTL_REFUSED = 1,     /* the hub refused, or failed */
    HUB_CTL_USAGE = 2,       /* the command line, or a file that it names */
    HUB_CTL_UNREACHED = 3,   /* no response */
    HUB_CTL_UNHEALTHY = 4,   /* the request went well, and something is wrong */
    HUB_CTL_INTERRUPTED = 5, /* by the user */
};

#endif
