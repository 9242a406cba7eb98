/* relations.h - compares what was found with what a case names. */
#ifndef TESTS_UNIT_RELATIONS_H
#define TESTS_UNIT_RELATIONS_H

#include <stdint.h>

#include <check.h>

#include "common/http/relation.h"

#define BASE "http://publisher.example/dir/feed?x=1"

/* The targets, separated by spaces. */
static inline void check_targets(const struct wsub_targets *targets,
                                 const char *wanted)
{
    struct wsub_buf text = {0};

    for (size_t i = 0; i < targets->count; i++)
        wsub_buf_printf(&text, "%s%s", i > 0 ? " " : "",
                        wsub_buf_cstr(&targets->url[i]));
    ck_assert_str_eq(wsub_buf_cstr(&text), wanted);
    wsub_buf_done(&text);
}

static inline void check_relations(struct wsub_relations *found,
                                   const char *hub, const char *self)
{
    check_targets(&found->hub, hub);
    check_targets(&found->self, self);
    wsub_relations_done(found);
}

/* A pseudo-random byte; the same ones in every run. */
static inline unsigned char noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (unsigned char)(*state >> 24);
}

#endif
