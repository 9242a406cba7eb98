/* states.h - a state machine is a table, and has one writer.
 *
 *   static const struct wsub_state states[] = {
 *       [FETCH_LOADING] = {"loading", WSUB_BIT(FETCH_REQUESTING)},
 *       ...
 *   };
 *   f->state = wsub_state_enter(states, "fetch", f->topic, f->state, to);
 *
 * A step that the table does not have is a bug and ends the process. */
#ifndef WSUB_BASE_STATES_H
#define WSUB_BASE_STATES_H

#define WSUB_BIT(number) (1u << (number))

struct wsub_state {
    const char *name;
    unsigned next; /* bits of the states that may follow */
};

/* Returns `to`.  `what` and `id` say whose state it is. */
unsigned wsub_state_enter(const struct wsub_state *states, const char *what,
                          const char *id, unsigned from, unsigned to);

#endif
