#include "ldap_peer.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lber.h>
#include <ldap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define DAY_S		86400L
#define TRIES		300
#define PAUSE_MS	20

static EVP_PKEY	*ca_key;
static X509	*ca_cert;

/* A listening socket on loopback, or -1. */
static int
listen_any(int *port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET };
	socklen_t		len = sizeof(a);
	int			fd = socket(AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

int
peer_silent(int *port)
{
	return listen_any(port);
}

int
peer_dead_port(void)
{
	int	 port = 0;
	int	 fd = listen_any(&port);

	close(fd);
	return port;
}

static bool
extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX	 ctx;
	X509_EXTENSION	*x;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (x == NULL)
		return false;
	X509_add_ext(cert, x, -1);
	X509_EXTENSION_free(x);
	return true;
}

static X509 *
cert_make(EVP_PKEY *key, const char *cn, const struct peer_cert *want,
    bool is_ca)
{
	static long	 serial = 1000;
	X509		*c = X509_new();
	X509		*issuer = is_ca || want->self_signed ? c : ca_cert;
	X509_NAME	*name = X509_get_subject_name(c);

	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), serial++);
	X509_gmtime_adj(X509_getm_notBefore(c), want->from_d * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(c), want->to_d * DAY_S);
	X509_set_pubkey(c, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(c, X509_get_subject_name(issuer));
	extend(c, issuer, NID_basic_constraints, is_ca ?
	    "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(c, issuer, NID_key_usage, is_ca ?
	    "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	if (want->san != NULL)
		extend(c, issuer, NID_subject_alt_name, want->san);
	X509_sign(c, issuer == c ? key : ca_key, EVP_sha256());
	return c;
}

static bool
p12_write(const char *path, int cipher)
{
	OSSL_LIB_CTX	*lib = OSSL_LIB_CTX_new();
	OSSL_PROVIDER	*usual = OSSL_PROVIDER_load(lib, "default");
	OSSL_PROVIDER	*legacy = OSSL_PROVIDER_load(lib, "legacy");
	STACK_OF(X509)	*all = sk_X509_new_null();
	FILE		*f = fopen(path, "we");
	PKCS12		*p12;
	bool		 ok;

	sk_X509_push(all, ca_cert);
	p12 = PKCS12_create_ex("changeit", "corp root", NULL, NULL, all,
	    cipher, cipher, 2048, 2048, 0, lib, NULL);
	ok = f != NULL && p12 != NULL && i2d_PKCS12_fp(f, p12) == 1;
	if (f != NULL)
		fclose(f);
	PKCS12_free(p12);
	sk_X509_free(all);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(usual);
	OSSL_LIB_CTX_free(lib);
	return ok;
}

static bool
cert_write(const char *path, X509 *cert)
{
	FILE	*f = fopen(path, "we");
	bool	 ok = f != NULL && PEM_write_X509(f, cert) == 1;

	if (f != NULL)
		fclose(f);
	return ok;
}

/* Removes what tests that were killed left: their pid is in the name. */
static void
sweep(void)
{
	DIR		*d = opendir("/tmp");
	struct dirent	*f;
	int		 pid;

	while (d != NULL && (f = readdir(d)) != NULL) {
		AUTO_FREE char *path = NULL;

		if (sscanf(f->d_name, "stconsole-peer.%d.", &pid) != 1 ||
		    kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		path = str_format("/tmp/%s", f->d_name);
		if (path != NULL)
			file_remove_tree(path, NULL);
	}
	if (d != NULL)
		closedir(d);
}

static bool
make_dir(char *dir, size_t size)
{
	sweep();
	snprintf(dir, size, "/tmp/stconsole-peer.%d.XXXXXX", (int)getpid());
	return mkdtemp(dir) != NULL;
}

bool
peer_tls_make(struct peer_tls *t)
{
	static const struct peer_cert root = { NULL, -1, 3650, true };

	if (!make_dir(t->dir, sizeof(t->dir)))
		return false;
	snprintf(t->ca, sizeof(t->ca), "%s/ca.pem", t->dir);
	snprintf(t->p12, sizeof(t->p12), "%s/rc2.p12", t->dir);
	snprintf(t->aes, sizeof(t->aes), "%s/aes.p12", t->dir);
	ca_key = EVP_EC_gen("P-256");
	ca_cert = cert_make(ca_key, "Corp Root", &root, true);
	return cert_write(t->ca, ca_cert) &&
	    p12_write(t->p12, NID_pbe_WithSHA1And40BitRC2_CBC) &&
	    p12_write(t->aes, NID_aes_256_cbc);
}

void
peer_tls_remove(struct peer_tls *t)
{
	X509_free(ca_cert);
	EVP_PKEY_free(ca_key);
	ca_cert = NULL;
	ca_key = NULL;
	file_remove_tree(t->dir, NULL);
}

static bool
pair_write(const struct peer *p, const struct peer_cert *want)
{
	AUTO_FREE char	*key_path = str_format("%s/key.pem", p->dir);
	AUTO_FREE char	*cert_path = str_format("%s/cert.pem", p->dir);
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*cert = cert_make(key, "server", want, false);
	FILE		*f = fopen(key_path, "we");
	bool		 ok = f != NULL && PEM_write_PrivateKey(f, key, NULL,
	    NULL, 0, NULL, NULL) == 1;

	if (f != NULL)
		fclose(f);
	ok = ok && cert_write(cert_path, cert);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static pid_t
run(const char *const *argv, const char *log)
{
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, 1);
		dup2(fd, 2);
		close_range(3, ~0U, 0);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static bool
answers(int port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	int			fd = socket(AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool			ok;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return ok;
}

/* Bounded: 6 s, or the end of the process. */
static bool
wait_ready(struct peer *p)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		if (answers(p->port))
			return true;
		if (waitpid(p->pid, NULL, WNOHANG) == p->pid) {
			p->pid = 0;
			return false;
		}
		poll(NULL, 0, PAUSE_MS);
	}
	return false;
}

static bool
conf_write(const struct peer *p, bool tls, const char *config)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/slapd.conf", p->dir);
	const char		*at = strstr(config, "@DIR@");
	static const char *const schemas[] = { "core", "cosine",
		"nis", "inetorgperson", "msuser" };
	size_t			 i;

	for (i = 0; i < LENGTH(schemas); i++)
		buf_printf(&b, "include /etc/ldap/schema/%s.schema\n",
		    schemas[i]);
	buf_puts(&b, "modulepath /usr/lib/ldap\nmoduleload back_mdb\n");
	if (tls)
		buf_printf(&b, "TLSCertificateFile %s/cert.pem\n"
		    "TLSCertificateKeyFile %s/key.pem\n", p->dir, p->dir);
	if (at != NULL)
		buf_add(&b, config, (size_t)(at - config));
	else
		buf_puts(&b, config);
	if (at != NULL)
		buf_printf(&b, "%s/data%s", p->dir, at + 5);
	return file_write(AT_FDCWD, path, buf_str(&b), b.len, 0600, NULL);
}

static bool
load(const struct peer *p, const char *conf, const char *log,
    const char *ldif)
{
	AUTO_FREE char	*data = str_format("%s/data", p->dir);
	AUTO_FREE char	*path = str_format("%s/load.ldif", p->dir);
	const char	*argv[] = { "/usr/sbin/slapadd", "-q", "-f", conf,
		"-l", path, NULL };
	int		 status = -1;
	pid_t		 pid;

	if (!file_make_dirs(data, 0700, NULL))
		return false;
	if (ldif == NULL)
		return true;
	if (!file_write(AT_FDCWD, path, ldif, strlen(ldif), 0600, NULL))
		return false;
	pid = run(argv, log);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
show_log(const char *log)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (file_read(AT_FDCWD, log, 1 << 20, &b, NULL))
		fprintf(stderr, "%s", buf_str(&b));
}

bool
peer_start(struct peer *p, const struct peer_tls *tls,
    const struct peer_cert *cert, const char *config, const char *ldif)
{
	AUTO_FREE char	*conf = NULL, *urls = NULL, *log = NULL;
	bool		 ok;

	(void)tls;
	*p = (struct peer){ .pid = 0 };
	if (!make_dir(p->dir, sizeof(p->dir)))
		return false;
	p->port = peer_dead_port();
	p->tls_port = peer_dead_port();
	conf = str_format("%s/slapd.conf", p->dir);
	log = str_format("%s/log", p->dir);
	urls = str_format(cert != NULL ?
	    "ldap://127.0.0.1:%d ldaps://127.0.0.1:%d" :
	    "ldap://127.0.0.1:%d", p->port, p->tls_port);
	ok = (cert == NULL || pair_write(p, cert)) &&
	    conf_write(p, cert != NULL, config) &&
	    load(p, conf, log, ldif);
	if (ok) {
		const char *argv[] = { "/usr/sbin/slapd", "-d", "0", "-f",
			conf, "-h", urls, NULL };

		p->pid = run(argv, log);
		ok = wait_ready(p);
	}
	if (!ok) {
		show_log(log);
		peer_stop(p);
	}
	return ok;
}

void
peer_stop(struct peer *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = 0;
	if (p->dir[0] != '\0')
		file_remove_tree(p->dir, NULL);
	p->dir[0] = '\0';
}

/* What follows is the simulated part: BER by liblber, one client. */

#define BIG_DN	"CN=Big,DC=ad,DC=test"

static void
send_ber(Sockbuf *sb, BerElement *ber)
{
	ber_flush2(sb, ber, LBER_FLUSH_FREE_ALWAYS);
}

static void
send_result(Sockbuf *sb, ber_int_t id, ber_tag_t tag, int code,
    const char *text)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);

	ber_printf(ber, "{it{ess}}", id, tag, code, "", text);
	send_ber(sb, ber);
}

/* The entry with one attribute of the given name and up to two values. */
static void
send_entry(Sockbuf *sb, ber_int_t id, const char *attr, const char *v1,
    const char *v2)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);

	ber_printf(ber, "{it{s{{s[s]}{s[s]}{s[", id,
	    (ber_tag_t)LDAP_RES_SEARCH_ENTRY, BIG_DN, "cn", "Big",
	    "userAccountControl", "514", attr);
	ber_printf(ber, "s", v1);
	if (v2 != NULL)
		ber_printf(ber, "s", v2);
	ber_printf(ber, "]}}}}");
	send_ber(sb, ber);
}

/* Ranges as Active Directory gives them: 0-1, then 2-3, then 4-*. */
static void
answer_search(Sockbuf *sb, ber_int_t id, BerElement *ber)
{
	char		 base[256] = "", *attr = NULL, *last = NULL;
	ber_int_t	 scope, deref, size, time_limit, only;
	struct berval	 bv;
	ber_len_t	 len;
	ber_tag_t	 tag;

	if (ber_scanf(ber, "{meeiib", &bv, &scope, &deref, &size,
	    &time_limit, &only) == LBER_ERROR)
		return;
	snprintf(base, sizeof(base), "%.*s", (int)bv.bv_len, bv.bv_val);
	ber_skip_element(ber, &bv);	/* the filter */
	for (tag = ber_first_element(ber, &len, &last); tag != LBER_DEFAULT;
	    tag = ber_next_element(ber, &len, last)) {
		free(attr);
		attr = NULL;
		if (ber_scanf(ber, "m", &bv) == LBER_ERROR)
			break;
		attr = strndup(bv.bv_val, bv.bv_len);
	}
	if (strcasecmp(base, BIG_DN) != 0)
		;
	else if (attr != NULL && strcmp(attr, "member;range=2-*") == 0)
		send_entry(sb, id, "member;range=2-3", "cn=c", "cn=d");
	else if (attr != NULL && strcmp(attr, "member;range=4-*") == 0)
		send_entry(sb, id, "member;range=4-*", "cn=e", NULL);
	else
		send_entry(sb, id, "member;range=0-1", "cn=a", "cn=b");
	free(attr);
	send_result(sb, id, LDAP_RES_SEARCH_RESULT, LDAP_SUCCESS, "");
}

static bool
answer(Sockbuf *sb, const char *bind_detail)
{
	BerElement	*ber = ber_alloc_t(LBER_USE_DER);
	ber_len_t	 len;
	ber_int_t	 id = 0;
	ber_tag_t	 tag = ber_get_next(sb, &len, ber);
	bool		 more = true;

	if (tag != LDAP_TAG_MESSAGE || ber_get_int(ber, &id) == LBER_ERROR) {
		ber_free(ber, 1);
		return false;
	}
	tag = ber_peek_tag(ber, &len);
	if (tag == LDAP_REQ_BIND)
		send_result(sb, id, LDAP_RES_BIND, bind_detail != NULL ?
		    LDAP_INVALID_CREDENTIALS : LDAP_SUCCESS,
		    bind_detail != NULL ? bind_detail : "");
	else if (tag == LDAP_REQ_SEARCH)
		answer_search(sb, id, ber);
	else
		more = false;
	ber_free(ber, 1);
	return more;
}

static void
simulate(int fd, const char *bind_detail)
{
	Sockbuf	*sb;
	int	 conn;

	for (;;) {
		conn = accept(fd, NULL, NULL);
		if (conn < 0)
			_exit(1);
		sb = ber_sockbuf_alloc();
		ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_FD, &conn);
		ber_sockbuf_add_io(sb, &ber_sockbuf_io_tcp,
		    LBER_SBIOD_LEVEL_PROVIDER, NULL);
		while (answer(sb, bind_detail))
			;
		ber_sockbuf_free(sb);	/* closes */
	}
}

bool
peer_simulate(struct peer *p, const char *bind_detail)
{
	int fd;

	*p = (struct peer){ .pid = 0 };
	fd = listen_any(&p->port);
	if (fd < 0)
		return false;
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		simulate(fd, bind_detail);
	}
	close(fd);
	return p->pid > 0;
}
