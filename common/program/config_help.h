/* config_help.h - the settings for people: --help and docs/CONFIG.md. */
#ifndef WSUB_PROGRAM_CONFIG_HELP_H
#define WSUB_PROGRAM_CONFIG_HELP_H

#include <stdio.h>

#include "common/base/config.h"

/* Prints the settings that `program` uses. */
void wsub_config_print_help(enum wsub_program program, FILE *out);

/* Prints the table as Markdown: docs/CONFIG.md is this, for all programs
 * (flag --help-markdown of each program prints it too). */
void wsub_config_print_markdown(FILE *out);

#endif
