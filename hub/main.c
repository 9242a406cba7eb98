/* main.c - websub-hub: the HTTP API of the hub; with --rotate-secrets a command
 * that seals the secrets in Redis anew, with --reshard N one that moves the data to
 * N shards, and `ctl` a client of the admin API.
 *
 * common/program has the order of things; the worker serves the API itself, as its
 * last step. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/program/program.h"
#include "hub/ctl/ctl.h"
#include "hub/resharding.h"
#include "hub/rotation.h"
#include "hub/worker.h"

static enum wsub_err make(const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256],
                          void **ret_worker)
{
    struct hub_worker *worker;
    enum wsub_err err = hub_worker_new(config, loop, err_text, &worker);

    if (err == WSUB_OK)
        *ret_worker = worker;
    return err;
}

static void free_worker(void *worker)
{
    hub_worker_free(worker);
}

static enum wsub_err make_rotation(const struct wsub_config *config,
                                   struct wsub_loop *loop, char err_text[256],
                                   void **ret_worker)
{
    struct hub_rotation *rotation;
    enum wsub_err err = hub_rotation_new(config, loop, err_text, &rotation);

    if (err == WSUB_OK)
        *ret_worker = rotation;
    return err;
}

static void free_rotation(void *rotation)
{
    hub_rotation_free(rotation);
}

/* Of --reshard; NULL without it. */
static const char *wanted_shards;

static enum wsub_err make_resharding(const struct wsub_config *config,
                                     struct wsub_loop *loop, char err_text[256],
                                     void **ret_worker)
{
    struct hub_resharding *resharding;
    enum wsub_err err =
        hub_resharding_new(config, loop, wanted_shards, err_text, &resharding);

    if (err == WSUB_OK)
        *ret_worker = resharding;
    return err;
}

static void free_resharding(void *resharding)
{
    hub_resharding_free(resharding);
}

/* A command begins once Redis is there, and listens nowhere. */
static void start_command(void *command, const char *nowhere)
{
    (void)command;
    (void)nowhere;
}

/* Takes the flag out of the arguments, which the settings are read from; returns
 * whether it was there. */
static bool take_flag(const char *flag, int *argc, char *argv[])
{
    int kept = 1;

    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], flag) != 0)
            argv[kept++] = argv[i];
    if (kept == *argc)
        return false;
    *argc = kept;
    argv[kept] = NULL;
    return true;
}

/* The same of a flag with a value; returns that, "" when it is missing, and NULL
 * without the flag. */
static const char *take_value(const char *flag, int *argc, char *argv[])
{
    for (int i = 1; i < *argc; i++) {
        const char *value = i + 1 < *argc ? argv[i + 1] : "";
        int taken = i + 1 < *argc ? 2 : 1;

        if (strcmp(argv[i], flag) != 0)
            continue;
        for (int n = i; n + taken <= *argc; n++)
            argv[n] = argv[n + taken];
        *argc -= taken;
        return value;
    }
    return NULL;
}

static const struct wsub_program_options server = {
    .program = WSUB_PROGRAM_HUB,
    .make = make,
    .free = free_worker,
    .start = hub_worker_start,
    .drain = hub_worker_drain,
    .ready = hub_worker_ready,
    .health = hub_worker_health,
    .addresses = hub_worker_addresses,
};

static const struct wsub_program_options rotation = {
    .program = WSUB_PROGRAM_HUB,
    .make = make_rotation,
    .free = free_rotation,
    .start = start_command,
    .drain = hub_rotation_drain,
};

static const struct wsub_program_options resharding = {
    .program = WSUB_PROGRAM_HUB,
    .make = make_resharding,
    .free = free_resharding,
    .start = start_command,
    .drain = hub_resharding_drain,
};

int main(int argc, char *argv[])
{
    bool rotates;

    if (argc > 1 && strcmp(argv[1], "ctl") == 0)
        return hub_ctl_main(argv + 1);
    rotates = take_flag("--rotate-secrets", &argc, argv);
    wanted_shards = take_value("--reshard", &argc, argv);
    return wsub_program_main(wanted_shards != NULL ? &resharding
                             : rotates             ? &rotation
                                                   : &server,
                             argc, argv);
}
