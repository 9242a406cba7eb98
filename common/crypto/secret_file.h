/* secret_file.h - read a file whose lines are secrets: keys, tokens.
 *
 * The file must not be open to others than its owner and its group (chmod 640 or
 * stricter), and is read through a descriptor that was checked first, so that
 * nobody can swap it in between.  Blank lines and lines that begin with '#' are
 * skipped.  Messages name the line, never what stands in it; the bytes that were
 * read are wiped. */
#ifndef WSUB_CRYPTO_SECRET_FILE_H
#define WSUB_CRYPTO_SECRET_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/base/err.h"

/* Some 700 keys: beyond any rotation. */
#define WSUB_SECRET_FILE_MAX_BYTES 65536

/* Takes one line, without blanks around it; borrowed for the call.  Returns what
 * is wrong with it, as the end of "the line ...", or NULL. */
typedef const char *wsub_secret_line(const char *line, void *arg);

/* Reads the file and gives each line to `take`, up to the first that is wrong.
 * On failure one sentence, which calls the file `what`, is written to
 * `err_text`; `take` may have taken lines before. */
enum wsub_err wsub_secret_file_read(const char *path, const char *what,
                                    wsub_secret_line *take, void *arg,
                                    char err_text[256]) WSUB_MUST_CHECK;

/* What tells whether a file has changed, its owner and mode too; zeros when it is
 * not there.  Looked at before the file is read: what changes meanwhile is seen the
 * next time. */
void wsub_secret_file_look(const char *path, struct stat *ret_seen);
bool wsub_secret_file_is_same(const struct stat *one, const struct stat *other);

#endif
