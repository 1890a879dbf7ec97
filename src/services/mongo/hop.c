/*
 * Why a server cannot be reached: its name, the TCP connection, the TLS
 * handshake, in this order and by our own hands.  Asked only after the driver
 * failed, because its words say neither which of them nor what to do.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "text.def"

static bool
hop_wait(int fd, short events, int timeout_ms)
{
	struct pollfd	 p = { .fd = fd, .events = events };
	int		 n;

	do {
		n = poll(&p, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* One address: the connected socket, or -1 with errno. */
static int
hop_connect(const struct addrinfo *ai, int timeout_ms)
{
	int		 fd, code = 0;
	socklen_t	 len = sizeof(code);

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0)
		return -1;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS) {
		if (!hop_wait(fd, POLLOUT, timeout_ms))
			code = ETIMEDOUT;
		else
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len);
		if (code == 0)
			return fd;
	} else {
		code = errno;
	}
	close(fd);
	errno = code;
	return -1;
}

/* All addresses of a name.  *fd is -1 on failure. */
static enum hop
hop_tcp(const struct hop_spec *spec, int *fd, char *why, size_t size)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct addrinfo	*ai;
	char		 port[8];
	int		 code;

	*fd = -1;
	snprintf(port, sizeof(port), "%d", spec->port);
	code = getaddrinfo(spec->host, port, &hints, &list);
	if (code != 0) {
		snprintf(why, size, T_HOP_NAME, gai_strerror(code));
		return HOP_NAME;
	}
	errno = ECONNREFUSED;
	for (ai = list; ai != NULL && *fd < 0; ai = ai->ai_next)
		*fd = hop_connect(ai, spec->timeout_ms);
	code = errno;
	freeaddrinfo(list);
	if (*fd >= 0)
		return HOP_FINE;
	if (code == ECONNREFUSED) {
		snprintf(why, size, T_HOP_REFUSED);
		return HOP_REFUSED;
	}
	if (code == ETIMEDOUT) {
		snprintf(why, size, T_HOP_TIMEOUT, spec->timeout_ms / 1000);
		return HOP_TIMEOUT;
	}
	snprintf(why, size, "%s", strerror(code));
	return HOP_TCP;
}

static SSL_CTX *
hop_tls_context(const struct hop_spec *spec)
{
	SSL_CTX	*ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	if (spec->ca_file != NULL)
		SSL_CTX_load_verify_locations(ctx, spec->ca_file, NULL);
	else
		SSL_CTX_set_default_verify_paths(ctx);
	if (spec->key_file != NULL) {
		SSL_CTX_use_certificate_chain_file(ctx, spec->key_file);
		SSL_CTX_use_PrivateKey_file(ctx, spec->key_file,
		    SSL_FILETYPE_PEM);
	}
	/* The verdict is asked for afterwards, so that it can be named. */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return ctx;
}

static void
hop_tls_name(SSL *ssl, const struct hop_spec *spec)
{
	unsigned char	 ip[16];

	if (inet_pton(AF_INET, spec->host, ip) == 1 ||
	    inet_pton(AF_INET6, spec->host, ip) == 1) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), spec->host);
		return;
	}
	SSL_set_tlsext_host_name(ssl, spec->host);
	SSL_set1_host(ssl, spec->host);
}

/* Continues a handshake or a read until done, failed or out of time. */
static int
hop_tls_step(SSL *ssl, int fd, int (*step)(SSL *ssl), int timeout_ms)
{
	int	 rc, want, rounds;

	for (rounds = 0; rounds < 16; rounds++) {
		rc = step(ssl);
		if (rc > 0)
			return rc;
		want = SSL_get_error(ssl, rc);
		if (want != SSL_ERROR_WANT_READ &&
		    want != SSL_ERROR_WANT_WRITE)
			return -1;
		if (!hop_wait(fd, want == SSL_ERROR_WANT_READ ? POLLIN :
		    POLLOUT, timeout_ms))
			return 0;
	}
	return 0;
}

static int
hop_peek(SSL *ssl)
{
	char	 c;

	return SSL_peek(ssl, &c, 1);
}

static enum hop
hop_verdict(SSL *ssl, const struct hop_spec *spec, char *why, size_t size)
{
	long	 verdict = SSL_get_verify_result(ssl);

	if (verdict == X509_V_OK || spec->any_certificate)
		return HOP_FINE;
	switch (verdict) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		snprintf(why, size, T_TLS_EXPIRED);
		return HOP_TLS;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(why, size, T_TLS_NOT_YET);
		return HOP_TLS;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		if (spec->any_name)
			return HOP_FINE;
		snprintf(why, size, T_TLS_NAME, spec->host);
		return HOP_TLS;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		snprintf(why, size, T_TLS_CA, spec->ca_file != NULL ?
		    spec->ca_file : T_TLS_SYSTEM_CA);
		return HOP_TLS;
	default:
		snprintf(why, size, T_TLS_OTHER,
		    X509_verify_cert_error_string(verdict));
		return HOP_TLS;
	}
}

static enum hop
hop_tls(const struct hop_spec *spec, int fd, char *why, size_t size)
{
	SSL_CTX		*ctx = hop_tls_context(spec);
	SSL		*ssl = ctx == NULL ? NULL : SSL_new(ctx);
	enum hop	 hop = HOP_TLS;

	snprintf(why, size, T_TLS_HANDSHAKE);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
		goto out;
	hop_tls_name(ssl, spec);
	if (hop_tls_step(ssl, fd, SSL_connect, spec->timeout_ms) <= 0)
		goto out;
	hop = hop_verdict(ssl, spec, why, size);
	/* TLS 1.3 tells a client without certificate only after the
	 * handshake; a server that is content says nothing. */
	if (hop == HOP_FINE &&
	    hop_tls_step(ssl, fd, hop_peek, 300) < 0) {
		hop = HOP_TLS;
		snprintf(why, size, T_TLS_CLIENT);
	}
out:
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return hop;
}

enum hop
mongo_hop_try(const struct hop_spec *spec, char *why, size_t why_size)
{
	AUTO_CLOSE int	 fd = -1;
	enum hop	 hop = hop_tcp(spec, &fd, why, why_size);

	if (hop != HOP_FINE)
		return hop;
	why[0] = '\0';
	return spec->tls ? hop_tls(spec, fd, why, why_size) : HOP_FINE;
}
