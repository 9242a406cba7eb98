/* files.h - how many files the process may open, and when there are none left.
 */
#ifndef WSUB_BASE_FILES_H
#define WSUB_BASE_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* Raises the soft limit of open files to the hard one; returns what holds. */
uint32_t wsub_files_raise(void);

/* Whether an error (errno) means that this process, or this machine, has no
 * descriptor or no memory left: nobody else can be blamed for it. */
bool wsub_files_are_short(int error);

/* Whether a socket can't be opened now, for such a reason. */
bool wsub_files_no_socket(void);

#endif
