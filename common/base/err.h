/* err.h - the errors that cross module borders.
 *
 * A function that can fail returns `enum wsub_err`, which the caller must
 * check.  What became of a delivery or a verification is a fact about the
 * subscriber, not an error, and has an enum of its own elsewhere. */
#ifndef WSUB_BASE_ERR_H
#define WSUB_BASE_ERR_H

enum wsub_err {
    WSUB_OK = 0,
    WSUB_ERR_INVALID,     /* the input is not what the contract asks for */
    WSUB_ERR_TOO_LARGE,   /* the input is over its limit */
    WSUB_ERR_FULL,        /* a queue takes no more */
    WSUB_ERR_NOT_FOUND,   /* what was asked for does not exist */
    WSUB_ERR_UNAVAILABLE, /* a peer (Redis, a host) cannot be reached now */
    WSUB_ERR_REFUSED,     /* the peer says that it will not */
    WSUB_ERR_FENCED,      /* the right to do it has passed to somebody else */
    WSUB_ERR_SYSTEM       /* a system call failed; errno tells why */
};

#define WSUB_MUST_CHECK __attribute__((warn_unused_result))

#endif
