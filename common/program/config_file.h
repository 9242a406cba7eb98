/* config_file.h - the file with settings. */
#ifndef WSUB_PROGRAM_CONFIG_FILE_H
#define WSUB_PROGRAM_CONFIG_FILE_H

#include "common/base/err.h"
#include "common/program/config_value.h"

/* Parses every key of the file; the first source after the defaults. */
enum wsub_err
wsub_config_read_file(const char *path,
                      struct wsub_config_draft *draft) WSUB_MUST_CHECK;

#endif
