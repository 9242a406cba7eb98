/* list.h - a list of the admin API: all its pages, as a table or as JSON, one
 * object a line. */
#ifndef HUB_CTL_LIST_H
#define HUB_CTL_LIST_H

#include "common/base/buf.h"
#include "hub/ctl/command.h"
#include "hub/ctl/table.h"

struct hub_ctl_list {
    const char *path;
    const char *array; /* of the response */
    /* Parameters that the command's words are; NULL: it takes none. */
    const char *queries[HUB_CTL_WORDS_MAX];
    const char *none; /* what is said when there is no row */
    struct hub_ctl_column columns[12];
};

/* Runs a command that has a list.  Its option --limit says how many rows are shown
 * at most; 100 without. */
enum hub_ctl_exit hub_ctl_run_list(struct hub_ctl *ctl);

/* Takes each row; false ends the list. */
typedef bool hub_ctl_row_cb(const json_t *row, void *arg);

/* Reads page after page of `path`, whose rows are in `array`. */
enum hub_ctl_exit hub_ctl_each(struct hub_ctl *ctl, const char *path,
                               const char *array, hub_ctl_row_cb *on_row,
                               void *arg);

/* Writes an object and a line end. */
void hub_ctl_print_json(const json_t *root);

#endif
