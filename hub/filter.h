/* filter.h - which rows of a list are wanted: parameters of the query, each
 * compared with a member of the row.
 *
 * A list names its parameters in a table that ends with {0}.  Rows are looked at
 * once they are read: a page has what matches of the `limit` rows that it is
 * about, so it may be short, even empty, and be followed by others. */
#ifndef HUB_FILTER_H
#define HUB_FILTER_H

#include <stdbool.h>

#include <jansson.h>

#include "common/http/form.h"
#include "hub/errors.h"
#include "hub/hub.h"

#define HUB_FILTER_CHOICES_MAX 24

/* How a member is compared.  One that is null, or missing, counts as "". */
enum hub_filter_way {
    HUB_FILTER_SAME,     /* it is this text */
    HUB_FILTER_BEGINS,   /* it begins so */
    HUB_FILTER_NUMBER,   /* it is this number */
    HUB_FILTER_SWITCH,   /* it is true, or is not */
    HUB_FILTER_TOPIC,    /* it is this topic, in whatever spelling */
    HUB_FILTER_CALLBACK, /* it is this URL, in whatever spelling */
    HUB_FILTER_HOST,     /* it is a URL at this name or address */
    HUB_FILTER_FILLED,   /* the member that the value names has entries */
};

struct hub_filter_row {
    const char *name;   /* of the parameter */
    const char *member; /* of a row; NULL of HUB_FILTER_FILLED */
    enum hub_filter_way way;
    /* What the value may be, ending with NULL; none: any text. */
    const char *choices[HUB_FILTER_CHOICES_MAX];
};

/* What one request wants. */
struct hub_filter;

/* Takes the parameters of `rows`, which outlives the filter, each of which may be
 * absent.  The caller frees the filter, also after errors. */
struct hub_filter *hub_filter_new(const struct wsub_form *query,
                                  const struct hub_filter_row *rows,
                                  struct hub_errors *errors);
void hub_filter_free(struct hub_filter *filter);

/* Whether a row matches all that is asked for. */
bool hub_filter_wants(const struct hub_filter *filter, const json_t *row);

/* Takes the rows out of `list` that are not wanted. */
void hub_filter_apply(const struct hub_filter *filter, json_t *list);

#endif
