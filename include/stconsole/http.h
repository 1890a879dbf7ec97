/*
 * HTTPS and HTTP requests (RFC 9110).  The only place that includes curl.
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured as curl does; names
 * resolve to IPv4 and IPv6; certificates are verified against the system's
 * store or the setting http.ca_file; redirects are not followed.
 *
 * A struct http keeps connection and cookies (RFC 6265) from one request to
 * the next and is used by one thread.  Errors are ERR_HTTP with curl's code,
 * ERR_TLS or ERR_CANCELLED; nothing that was sent is repeated in them.
 */
#ifndef STCONSOLE_HTTP_H
#define STCONSOLE_HTTP_H

#include "stconsole/buf.h"
#include "stconsole/ctx.h"

struct http;

#define AUTO_HTTP	__attribute__((cleanup(http_free_at)))
#define AUTO_RESPONSE	__attribute__((cleanup(http_response_fini)))

struct http_request {
	const char		*method;	/* NULL: GET */
	const char		*url;		/* http:// or https:// */
	const char *const	*headers;	/* "Name: value", NULL */
	const void		*body;		/* or NULL */
	size_t			 body_len;
	int			 timeout_ms;	/* for all of it; 0: 10 s */
	size_t			 max_bytes;	/* of the answer; 0: 4 MiB */
};

struct http_response {
	long		 status;	/* 200, 401, ... */
	struct buf	 body;
	struct buf	 headers;	/* "Name: value\n" of the last answer */
};

/* Settings and cancel from ctx. */
bool	 http_new(struct ctx *ctx, struct http **out, struct err *e);
void	 http_free(struct http *h);
void	 http_free_at(struct http **h);

/*
 * One request.  Any status is success: *r holds it, for http_response_fini,
 * which overwrites what it frees.
 */
bool	 http_do(struct http *h, const struct http_request *q,
	     struct http_response *r, struct err *e);
void	 http_response_fini(struct http_response *r);
/* Value of a header, malloc'd; NULL when it is not there (or no memory). */
char	*http_header(const struct http_response *r, const char *name);
/* Percent-encodes for a path segment or form value (RFC 3986, 2.3). */
void	 http_escape(struct buf *out, const char *s);

/* A single GET whose answer must be 200 and JSON; new reference. */
bool	 http_get_json(struct ctx *ctx, const char *url, int timeout_ms,
	     json_t **out, struct err *e);

#endif
