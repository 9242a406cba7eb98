/* prefixes.h - what the names of the keys in Redis begin with (docs/PROTOCOL.md, "Keys"):
 * P:{N}: in shard N, P:{c}: in the cluster's slot; and the key P:meta. */
#ifndef WSUB_STORE_PREFIXES_H
#define WSUB_STORE_PREFIXES_H

struct wsub_prefixes {
    unsigned shards;
    char **of_shard; /* owned */
    char *cluster;   /* owned */
    char *meta;      /* owned; the key */
};

void wsub_prefixes_init(struct wsub_prefixes *prefixes, const char *key_prefix,
                        unsigned shards);
void wsub_prefixes_done(struct wsub_prefixes *prefixes);

/* `shard` may be WSUB_SHARD_CLUSTER (calls.h); borrowed. */
const char *wsub_prefixes_of(const struct wsub_prefixes *prefixes,
                             unsigned shard);

#endif
