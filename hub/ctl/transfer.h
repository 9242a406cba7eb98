/* transfer.h - subscriptions out of a hub, and into one, as JSON lines.
 *
 * Both are streams: any number of subscriptions takes a bounded memory.  An import
 * sends parts of some hundred lines, tells of every line that the hub refuses and
 * goes on; what is there already stays as it is, so an import that broke off may be
 * repeated.  Where the file can't be read to its end (HUB_CTL_USAGE) the parts before
 * that have been sent. */
#ifndef HUB_CTL_TRANSFER_H
#define HUB_CTL_TRANSFER_H

#include "hub/ctl/command.h"

enum hub_ctl_exit hub_ctl_export(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_import(struct hub_ctl *ctl);

#endif
