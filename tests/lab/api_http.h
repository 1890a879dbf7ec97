/*
 * The smallest HTTPS server that clients accept: one request a connection,
 * a thread each, bodies by Content-Length.  Knows no route.
 */
#ifndef STCONSOLE_LAB_API_HTTP_H
#define STCONSOLE_LAB_API_HTTP_H

#include "stconsole/buf.h"

struct api_request {
	struct buf	 raw;		/* head and body as they came */
	char		*method;	/* into raw, as the rest */
	char		*path;		/* without the query */
	char		*query;		/* "" for none */
	char		*head;		/* the header lines */
	char		*body;
};

struct api_answer {
	int		 status;
	struct buf	 head;		/* further header lines with CRLF */
	struct buf	 body;		/* JSON */
};

struct api_server {
	int		 port;
	bool		 has_ipv6;
	const char	*chain_file;
	const char	*key_file;
	/* Called by many threads at a time. */
	void		(*answer)(void *arg, const struct api_request *q,
			    struct api_answer *a);
	void		*arg;
};

/* Serves until the process is ended; the exit code of a failed start. */
int	 api_serve(struct api_server *s);
/* The value of a header or cookie in out, "" for none. */
void	 api_header(const struct api_request *q, const char *name, char *out,
	     size_t size);
void	 api_cookie(const struct api_request *q, const char *name, char *out,
	     size_t size);
/* A field of an application/x-www-form-urlencoded body, decoded. */
void	 api_form(const struct api_request *q, const char *name, char *out,
	     size_t size);

#endif
