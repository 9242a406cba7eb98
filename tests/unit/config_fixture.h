/* config_fixture.h - starts of a program, for the tests of its settings. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/program/config_load.h"
#include "common/base/mem.h"
#include "tests/unit/suite.h"

#define ARGS_MAX 12

#define X100                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static char path[] = "/tmp/websubd-config-XXXXXX";

/* One start of a program, with all it is given and all it says. */
struct start {
    const char *args[ARGS_MAX]; /* without argv[0]; PATH is the file */
    const char *env[ARGS_MAX];
    const char *file; /* what the file holds, or NULL */
};

struct said {
    enum wsub_err err;
    char err_text[512];
    enum wsub_config_action action;
    struct wsub_config config;
    char *out; /* owned */
};

static inline void write_file(const void *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static inline struct said start_program(enum wsub_program program,
                                        const struct start *start)
{
    struct said said = {.action = WSUB_CONFIG_RUN};
    char *argv[ARGS_MAX + 2] = {wsub_strdup("program")};
    char *env[ARGS_MAX + 1] = {0};
    int argc = 1, variables = 0;
    size_t len;
    FILE *out = open_memstream(&said.out, &len);

    if (start->file != NULL)
        write_file(start->file, strlen(start->file));
    for (; argc <= ARGS_MAX && start->args[argc - 1] != NULL; argc++)
        argv[argc] = wsub_strdup(strcmp(start->args[argc - 1], "PATH") == 0
                                     ? path
                                     : start->args[argc - 1]);
    for (; variables < ARGS_MAX && start->env[variables]; variables++)
        env[variables] = wsub_strdup(start->env[variables]);
    said.err = wsub_config_load(program, argc, argv, env, out, said.err_text,
                                &said.action, &said.config);
    fclose(out);
    while (argc > 0)
        free(argv[--argc]);
    while (variables > 0)
        free(env[--variables]);
    return said;
}

static inline struct said start_hub(const struct start *start)
{
    return start_program(WSUB_PROGRAM_HUB, start);
}

static inline void said_done(struct said *said)
{
    wsub_config_done(&said->config);
    free(said->out);
}

static inline void expect_sentence(const struct start *start,
                                   const char *sentence)
{
    struct said said = start_hub(start);

    ck_assert_int_eq(said.err, WSUB_ERR_INVALID);
    ck_assert_str_eq(said.err_text, sentence);
    ck_assert_ptr_null(said.config.redis_url);
    said_done(&said);
}

/* main() of such a test. */
static inline int config_suite_run(const char *name, TCase *cases)
{
    int fd = mkstemp(path), status;

    if (fd < 0)
        return EXIT_FAILURE;
    close(fd);
    status = suite_run(name, cases);
    unlink(path);
    return status;
}

#endif
