/* entry_fixture.h - entries of streams as a reader hands them out. */
#ifndef TESTS_UNIT_ENTRY_FIXTURE_H
#define TESTS_UNIT_ENTRY_FIXTURE_H

#include <string.h>

#include <hiredis/hiredis.h>

#include "common/base/mem.h"
#include "common/store/stream_reader.h"
#include "tests/unit/suite.h"

#define ENTRY_WORDS_MAX 24 /* names and values */

struct entry_fixture {
    struct redisReply fields;
    struct redisReply words[ENTRY_WORDS_MAX];
    struct redisReply *elements[ENTRY_WORDS_MAX];
    struct wsub_stream_entry entry; /* of the fields */
};

/* Adds a name or a value of `len` bytes. */
static inline void entry_add(struct entry_fixture *e, const char *word,
                             size_t len)
{
    size_t at = e->fields.elements++;

    ck_assert_uint_lt(at, ENTRY_WORDS_MAX);
    e->words[at].type = REDIS_REPLY_STRING;
    e->words[at].str = wsub_memdup(word, len);
    e->words[at].len = len;
    e->elements[at] = &e->words[at];
}

/* Makes an entry of names and values, up to NULL. */
static inline void entry_make(struct entry_fixture *e, const char *id,
                              const char *const words[])
{
    memset(e, 0, sizeof(*e));
    e->fields.type = REDIS_REPLY_ARRAY;
    e->fields.element = e->elements;
    e->entry.id = id;
    e->entry.fields = &e->fields;
    for (; *words != NULL; words++)
        entry_add(e, *words, strlen(*words));
}

static inline void entry_done(struct entry_fixture *e)
{
    for (size_t i = 0; i < e->fields.elements; i++)
        free(e->words[i].str);
    e->fields.elements = 0;
}

#endif
