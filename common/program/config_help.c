#include "common/program/config_help.h"

#include "common/program/config_table.h"
#include "common/program/config_value.h"

static const enum wsub_program programs[] = {
    WSUB_PROGRAM_HUB,
    WSUB_PROGRAM_SPREADER,
    WSUB_PROGRAM_DELIVER,
};

static const char *program_job(enum wsub_program program)
{
    switch (program) {
    case WSUB_PROGRAM_HUB:
        return "takes in subscriptions and events";
    case WSUB_PROGRAM_SPREADER:
        return "fetches announced topics and fans events out";
    case WSUB_PROGRAM_DELIVER:
        return "verifies subscribers and delivers events to them";
    case WSUB_PROGRAM_ALL:
        break;
    }
    return "a WebSub hub";
}

static const char *fallback(const struct wsub_setting *setting)
{
    if (setting->fallback_text != NULL)
        return setting->fallback_text;
    return setting->fallback[0] != '\0' ? setting->fallback : "empty";
}

static void print_setting(const struct wsub_setting *setting, FILE *out)
{
    char flag[WSUB_SETTING_NAME_BYTES], variable[WSUB_SETTING_NAME_BYTES];
    struct wsub_buf range = {0};

    wsub_setting_flag(setting, flag);
    wsub_setting_variable(setting, variable);
    wsub_setting_print_range(setting, &range);
    fprintf(out, "  %s VALUE, %s (default: %s)\n      %s\n      (%s)\n", flag,
            variable, fallback(setting), setting->meaning,
            wsub_buf_cstr(&range));
    wsub_buf_done(&range);
}

static const char command_help[] =
    "  --rotate-secrets\n"
    "      seal all secrets in Redis with the first key of secret_keys_file,\n"
    "      and exit: 0, or 2 when some could not be\n"
    "  --reshard N\n"
    "      move all data to N shards while no program runs, and exit\n";

void wsub_config_print_help(enum wsub_program program, FILE *out)
{
    const char *name = wsub_program_name(program);

    fprintf(out, "usage: %s [--SETTING VALUE]...\n\n", name);
    fprintf(out, "%s %s.\n\n", name, program_job(program));
    fprintf(out,
            "  --config FILE, WEBSUB_CONFIG\n"
            "      a file of lines NAME = VALUE\n"
            "  --check-config\n"
            "      check the settings and exit\n"
            "%s"
            "  --help, --help-markdown, --version\n"
            "      print this, the settings of all programs, the version\n\n"
            "A setting is a flag (also --SETTING=VALUE), an environment\n"
            "variable or a line of the file (redis_url = VALUE).  The flag\n"
            "wins over the environment, the environment over the file.  The\n"
            "settings of the other programs are accepted and ignored.\n\n",
            program == WSUB_PROGRAM_HUB ? command_help : "");
    for (size_t i = 0; i < wsub_settings_count; i++)
        if ((wsub_settings[i].programs & program) != 0)
            print_setting(&wsub_settings[i], out);
}

static void print_users(const struct wsub_setting *setting, FILE *out)
{
    const char *divider = "";

    if (setting->programs == WSUB_PROGRAM_ALL) {
        fputs("all", out);
        return;
    }
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if ((setting->programs & programs[i]) != 0) {
            /* Without "websub-". */
            fprintf(out, "%s%s", divider, wsub_program_name(programs[i]) + 7);
            divider = ", ";
        }
    }
}

static void print_row(const struct wsub_setting *setting, FILE *out)
{
    struct wsub_buf range = {0};
    const char *value = fallback(setting);
    bool code = value == setting->fallback;

    wsub_setting_print_range(setting, &range);
    fprintf(out, "| `%s` | %s%s%s | %s | %s | ", setting->name, code ? "`" : "",
            value, code ? "`" : "", setting->meaning, wsub_buf_cstr(&range));
    print_users(setting, out);
    fputs(" |\n", out);
    wsub_buf_done(&range);
}

void wsub_config_print_markdown(FILE *out)
{
    fputs(
        "# Settings\n\n"
        "Printed by `websub-hub --help-markdown`; edit the table in "
        "`common/program/config_table.c`, not this page.\n\n"
        "The setting `redis_url` is the flag `--redis-url VALUE` (or "
        "`--redis-url=VALUE`), the environment variable `WEBSUB_REDIS_URL` "
        "and the line `redis_url = VALUE` of the file that `--config FILE` or "
        "`WEBSUB_CONFIG` names. The flag wins over the environment, the "
        "environment over the file, the file over the default. All programs "
        "share these settings: one that a program does not use is checked and "
        "ignored. An unknown flag, an unknown name in the file or a bad value "
        "stops the start with one sentence; an unknown `WEBSUB_` variable is "
        "a warning.\n\n"
        "In the file, a line that begins with `#` or `;` is a comment, and so "
        "is what follows a space and `;`. There are no sections. A line has "
        "at most 198 bytes; give longer values by the environment.\n\n"
        "`--check-config` checks the settings and exits. `websub-hub "
        "--rotate-secrets` seals all secrets in Redis with the first key of "
        "`secret_keys_file` and exits (SECURITY.md). Secrets (the tokens, "
        "the password in `redis_url`) are better given by the file or the "
        "environment than by a flag, which every user of the machine can "
        "see.\n\n"
        "| setting | default | meaning | values | programs |\n"
        "| --- | --- | --- | --- | --- |\n",
        out);
    for (size_t i = 0; i < wsub_settings_count; i++)
        print_row(&wsub_settings[i], out);
    fputs("\nBeyond its range, a setting has to agree with others: "
          "`lease_min_s` <= `lease_default_s` <= `lease_max_s`, "
          "`retry_base_ms` <= `retry_cap_ms`, `connect_timeout_ms` <= "
          "`timeout_ms`, `refuse_subscriptions_percent` <= "
          "`refuse_content_percent`. One that was left at its default moves to "
          "agree "
          "with one that was set.\n",
          out);
}
