/*
 * TLS and HTTP/1.1 for the lab's API server: RFC 9112 as far as curl needs
 * it.  A request larger than REQUEST_MAX or slower than SLOW_S is dropped.
 */
#include "api_http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#define REQUEST_MAX	65536
#define SLOW_S		10
#define BACKLOG		64

struct connection {
	struct api_server	*server;
	SSL_CTX			*tls;
	int			 fd;
};

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" },
	{ 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 409, "Conflict" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < LENGTH(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Other";
}

static bool
more_read(SSL *ssl, struct buf *b)
{
	char	 piece[4096];
	int	 n = b->len < REQUEST_MAX ? SSL_read(ssl, piece,
	    sizeof(piece)) : 0;

	if (n <= 0)
		return false;
	buf_add(b, piece, (size_t)n);
	return buf_ok(b, NULL);
}

/* Cuts the head into its parts in place. */
static bool
head_split(struct api_request *q, char *end)
{
	char	*line_end = strstr(q->raw.data, "\r\n");
	char	*save = NULL;
	char	*target = NULL;
	char	*mark = NULL;

	end[2] = '\0';
	q->head = line_end + 2;
	*line_end = '\0';
	q->method = strtok_r(q->raw.data, " ", &save);
	target = strtok_r(NULL, " ", &save);
	if (q->method == NULL || target == NULL)
		return false;
	q->path = target;
	mark = strchr(target, '?');
	q->query = mark == NULL ? target + strlen(target) : mark + 1;
	if (mark != NULL)
		*mark = '\0';
	return true;
}

static bool
request_read(SSL *ssl, struct api_request *q)
{
	char	 length[16];
	char	*end = NULL;
	size_t	 head_len = 0;
	int64_t	 want = 0;

	while ((end = q->raw.data == NULL ? NULL :
	    strstr(q->raw.data, "\r\n\r\n")) == NULL) {
		if (!more_read(ssl, &q->raw))
			return false;
	}
	head_len = (size_t)(end - q->raw.data) + 4;
	/* The buffer moves when it grows: all of it first, pointers then. */
	q->head = q->raw.data;
	api_header(q, "Content-Length", length, sizeof(length));
	if (*length != '\0' && !str_to_int(length, 0, REQUEST_MAX, &want))
		return false;
	while (q->raw.len < head_len + (size_t)want) {
		if (!more_read(ssl, &q->raw))
			return false;
	}
	q->body = q->raw.data + head_len;
	return head_split(q, q->raw.data + head_len - 4);
}

static void
answer_write(SSL *ssl, const struct api_answer *a)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	buf_printf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n", a->status, reason_of(a->status),
	    a->body.len);
	if (a->body.len > 0)
		buf_puts(&b, "Content-Type: application/json\r\n");
	buf_puts(&b, buf_str(&a->head));
	buf_puts(&b, "\r\n");
	buf_puts(&b, buf_str(&a->body));
	if (buf_ok(&b, NULL))
		SSL_write(ssl, b.data, (int)b.len);
}

static void
connection_answer(struct connection *c, SSL *ssl)
{
	struct api_request	 q = { .raw = BUF_INIT };
	struct api_answer	 a = { .status = 404, .head = BUF_INIT,
	    .body = BUF_INIT };

	if (request_read(ssl, &q)) {
		c->server->answer(c->server->arg, &q, &a);
		answer_write(ssl, &a);
		SSL_shutdown(ssl);
	}
	buf_wipe(&q.raw);
	buf_wipe(&a.head);
	buf_fini(&a.body);
}

static void *
connection_run(void *arg)
{
	struct connection	*c = arg;
	struct timeval		 slow = { SLOW_S, 0 };
	SSL			*ssl = SSL_new(c->tls);

	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &slow, sizeof(slow));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &slow, sizeof(slow));
	if (ssl != NULL && SSL_set_fd(ssl, c->fd) == 1 &&
	    SSL_accept(ssl) == 1)
		connection_answer(c, ssl);
	SSL_free(ssl);
	close(c->fd);
	free(c);
	return NULL;
}

static void
connection_take(struct api_server *s, SSL_CTX *tls, int listener)
{
	struct connection	*c = calloc(1, sizeof(*c));
	pthread_t		 thread;
	int			 fd = accept4(listener, NULL, NULL,
	    SOCK_CLOEXEC);

	if (c != NULL && fd >= 0) {
		c->server = s;
		c->tls = tls;
		c->fd = fd;
		if (pthread_create(&thread, NULL, connection_run, c) == 0) {
			pthread_detach(thread);
			return;
		}
	}
	mem_close_at(&fd);
	free(c);
}

static int
listen_at(const struct sockaddr *a, socklen_t len)
{
	int	 fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int	 on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static SSL_CTX *
tls_new(const struct api_server *s)
{
	SSL_CTX	*tls = SSL_CTX_new(TLS_server_method());

	if (tls != NULL &&
	    SSL_CTX_use_certificate_chain_file(tls, s->chain_file) == 1 &&
	    SSL_CTX_use_PrivateKey_file(tls, s->key_file,
	    SSL_FILETYPE_PEM) == 1)
		return tls;
	SSL_CTX_free(tls);
	return NULL;
}

int
api_serve(struct api_server *s)
{
	struct sockaddr_in	 a4 = { .sin_family = AF_INET };
	struct sockaddr_in6	 a6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct pollfd		 p[2] = { { .events = POLLIN },
	    { .fd = -1, .events = POLLIN } };
	SSL_CTX			*tls = tls_new(s);

	a4.sin_port = a6.sin6_port = htons((uint16_t)s->port);
	a4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGPIPE, SIG_IGN);
	/* ::1 first: 127.0.0.1 is what the start waits for. */
	if (s->has_ipv6)
		p[1].fd = listen_at((struct sockaddr *)&a6, sizeof(a6));
	p[0].fd = listen_at((struct sockaddr *)&a4, sizeof(a4));
	if (tls == NULL || p[0].fd < 0)
		return 1;
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		for (size_t i = 0; i < LENGTH(p); i++) {
			if (p[i].revents & POLLIN)
				connection_take(s, tls, p[i].fd);
		}
	}
}

void
api_header(const struct api_request *q, const char *name, char *out,
    size_t size)
{
	size_t	 n = strlen(name);

	*out = '\0';
	for (const char *p = q->head; p != NULL && *p != '\0';) {
		const char	*end = strstr(p, "\r\n");

		if (end == NULL || end == p)
			return;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			p += strspn(p, " ");
			snprintf(out, size, "%.*s", (int)(end - p), p);
			return;
		}
		p = end + 2;
	}
}

void
api_cookie(const struct api_request *q, const char *name, char *out,
    size_t size)
{
	char	 all[4096];
	char	*save = NULL;
	size_t	 n = strlen(name);

	*out = '\0';
	api_header(q, "Cookie", all, sizeof(all));
	for (char *p = strtok_r(all, "; ", &save); p != NULL;
	    p = strtok_r(NULL, "; ", &save)) {
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			snprintf(out, size, "%s", p + n + 1);
	}
}

static int
hex_digit(int c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* "+" and %XX undone, in place. */
static void
form_decode(char *s)
{
	char	*out = s;

	for (; *s != '\0'; s++) {
		if (*s == '%' && isxdigit((unsigned char)s[1]) &&
		    isxdigit((unsigned char)s[2])) {
			*out++ = (char)(hex_digit((unsigned char)s[1]) * 16 +
			    hex_digit((unsigned char)s[2]));
			s += 2;
		} else {
			*out++ = *s == '+' ? ' ' : *s;
		}
	}
	*out = '\0';
}

void
api_form(const struct api_request *q, const char *name, char *out,
    size_t size)
{
	size_t	 n = strlen(name);

	*out = '\0';
	for (const char *p = q->body; *p != '\0';) {
		size_t	 len = strcspn(p, "&");

		if (len > n && strncmp(p, name, n) == 0 && p[n] == '=') {
			snprintf(out, size, "%.*s", (int)(len - n - 1),
			    p + n + 1);
			form_decode(out);
			return;
		}
		p += len + (p[len] == '&');
	}
}
