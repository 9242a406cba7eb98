/* audit.h - who has changed what by the admin API.
 *
 * Each request of the admin API that is to change something, of a client with a
 * token, leaves a line of the log and an entry in Redis (common/store/audit.h)
 * when it has its response: the name of the token (tokens.h), method and path,
 * what the request names, and the status.  Of its parameters only those count
 * that say what it is about; none of these may be a secret.  An export with secrets
 * leaves them too, though it changes nothing.
 *
 * Redis keeps the newest entries, so what is refused because its token is for reading
 * comes into it at most once in ten seconds: such a token can't push out what
 * others did. */
#ifndef HUB_AUDIT_H
#define HUB_AUDIT_H

struct hub;
struct wsub_http_request;

/* To be called for every request, when its response is there. */
void hub_audit(struct hub *hub, const struct wsub_http_request *req,
               int status);

/* GET /admin/audit: the entries, the newest first. */
void hub_audit_list(struct wsub_http_request *req, void *hub);

#endif
