/* ctl.h - websub-hub ctl: the admin API for people at a terminal, and for scripts.
 *
 *   arguments -> command (commands.c) -> requests (request.h) -> table or JSON
 *
 * It is a client as any other: all that it shows and does is in the admin API of a
 * running hub (docs/PROTOCOL.md).  It blocks, as nothing else goes on in it. */
#ifndef HUB_CTL_CTL_H
#define HUB_CTL_CTL_H

/* What scripts look at. */
enum hub_ctl_exit {
    HUB_CTL_DONE = 0,
    HUB_CTL_REFUSED = 1,     /* the hub refused, or failed */
    HUB_CTL_USAGE = 2,       /* the command line is wrong */
    HUB_CTL_UNREACHED = 3,   /* no response */
    HUB_CTL_UNHEALTHY = 4,   /* the request went well, and something is wrong */
    HUB_CTL_INTERRUPTED = 5, /* by the user */
};

/* All of `websub-hub ctl ...`; argv[0] is "ctl".  Returns the exit code. */
int hub_ctl_main(int argc, char *argv[]);

#endif
