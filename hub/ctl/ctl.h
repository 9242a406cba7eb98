/* ctl.h - websub-hub ctl: the admin API for people at a terminal, and for scripts.
 *
 *   arguments -> command (commands.c) -> requests (request.h) -> table or JSON
 *
 * It is a client as any other: all that it shows and does is in the admin API of a
 * running hub (docs/PROTOCOL.md).  It blocks, as nothing else goes on in it. */
#ifndef HUB_CTL_CTL_H
#define HUB_CTL_CTL_H

/* All of `websub-hub ctl ...`; argv[0] is "ctl", the last one
 * NULL.  Returns the exit code (exit.h). */
int hub_ctl_main(char *argv[]);

#endif
