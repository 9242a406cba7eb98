/* container_of.h - from an embedded member back to what it is part of.
 *
 * A ticket that is embedded in a structure is all that a callback gets; this
 * finds the structure. */
#ifndef WSUB_BASE_CONTAINER_OF_H
#define WSUB_BASE_CONTAINER_OF_H

#include <stddef.h>

/* The `type` whose member `member` is `*pointer`. */
#define wsub_container_of(pointer, type, member)                               \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
