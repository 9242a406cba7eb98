/* settle_words.h - what became of a bundle's jobs, in settle.lua's words. */
#ifndef DELIVER_SETTLE_WORDS_H
#define DELIVER_SETTLE_WORDS_H

#include "common/redis/cmd.h"
#include "deliver/bundle.h"

/* Adds the operations that settle the jobs of bundle->sent. */
void deliver_settle_words(struct wsub_cmd *cmd,
                          const struct deliver_bundle *bundle);

#endif
