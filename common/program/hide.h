/* hide.h - keep secrets out of what the system shows of a process.
 *
 * Settings that are secret may come by the environment or the command line,
 * which everybody who may look at the process sees in /proc, and which children
 * inherit.  Once they are read they are moved to memory of our own.  A core is
 * not written, and nobody but root may look into the process, unless
 * core_dumps=yes. */
#ifndef WSUB_PROGRAM_HIDE_H
#define WSUB_PROGRAM_HIDE_H

struct wsub_config;
struct wsub_hidden;

/* Takes the secret settings out of `env` and overwrites those in `argv`; both
 * end with NULL and are borrowed until wsub_hidden_free(). */
struct wsub_hidden *wsub_hide_settings(char *argv[], char *env[]);

/* Puts them back, for a program that is executed with both. */
void wsub_hidden_restore(struct wsub_hidden *hidden);

void wsub_hidden_free(struct wsub_hidden *hidden);

/* Refuses cores and tracers, unless the settings ask for them. */
void wsub_hide_memory(const struct wsub_config *config);

#endif
