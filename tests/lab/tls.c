/*
 * The lab's certificates, new for each run: root, intermediate, server (SAN
 * localhost, 127.0.0.1, ::1 and this machine's own names, because libldap
 * compares the certificate of "localhost" with those), a client for X.509
 * login, and a root that signed nothing, for trust that must fail.  In tls/:
 *   ca.pem          the root
 *   ca-chain.pem    root and intermediate
 *   server.pem      server and intermediate, as a server sends them
 *   server.key      its key
 *   mongod.pem      both in one file, as mongod wants them
 *   client.pem      the client's key, certificate, intermediate
 *   other-ca.pem    the stranger
 */
#include "house.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "stconsole/buf.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "text.def"

#define DAY_S	86400L

struct pair {
	X509		*cert;
	EVP_PKEY	*key;
};

struct wish {
	const char	*ou;
	const char	*cn;
	const char	*constraints;
	const char	*usage;
	const char	*extended;	/* or NULL */
	const char	*names;		/* subjectAltName, or NULL */
	long		 days;
};

static const struct wish wish_root = { "Lab", "stconsole lab root",
    "critical,CA:TRUE", "critical,keyCertSign,cRLSign", NULL, NULL, 3650 };
static const struct wish wish_stranger = { "Lab", "stconsole lab stranger",
    "critical,CA:TRUE", "critical,keyCertSign,cRLSign", NULL, NULL, 3650 };
static const struct wish wish_middle = { "Lab",
    "stconsole lab intermediate", "critical,CA:TRUE,pathlen:0",
    "critical,keyCertSign,cRLSign", NULL, NULL, 1825 };
static const struct wish wish_server = { "Servers", "localhost",
    "critical,CA:FALSE", "critical,digitalSignature",
    "serverAuth,clientAuth", NULL, 90 };
static const struct wish wish_client = { "Applications", "sametimeX509",
    "critical,CA:FALSE", "critical,digitalSignature", "clientAuth", NULL,
    90 };

static void
pair_fini(struct pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
}

static bool
tls_failed(struct err *e)
{
	char	 words[160] = "";

	ERR_error_string_n(ERR_get_error(), words, sizeof(words));
	return err_set(e, ERR_TLS, 0, T_LAB_TLS, words);
}

static bool
cert_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX	 ctx;
	X509_EXTENSION	*x = NULL;
	int		 added = 0;

	if (value == NULL)
		return true;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (x == NULL)
		return false;
	added = X509_add_ext(cert, x, -1);
	X509_EXTENSION_free(x);
	return added == 1;
}

static bool
cert_name(X509 *cert, const struct wish *w)
{
	X509_NAME	*n = X509_get_subject_name(cert);
	const char	*parts[][2] = {
		{ "O", "Corp Test" }, { "OU", w->ou }, { "CN", w->cn }
	};

	for (size_t i = 0; i < LENGTH(parts); i++) {
		if (X509_NAME_add_entry_by_txt(n, parts[i][0], MBSTRING_UTF8,
		    (const unsigned char *)parts[i][1], -1, -1, 0) != 1)
			return false;
	}
	return true;
}

static bool
cert_serial(X509 *cert)
{
	BIGNUM	*bn = BN_new();
	bool	 ok = bn != NULL && BN_rand(bn, 120, BN_RAND_TOP_ANY,
	    BN_RAND_BOTTOM_ANY) == 1 && BN_to_ASN1_INTEGER(bn,
	    X509_get_serialNumber(cert)) != NULL;

	BN_free(bn);
	return ok;
}

static bool
cert_fill(X509 *cert, EVP_PKEY *key, X509 *issuer, const struct wish *w)
{
	return X509_set_version(cert, 2) == 1 && cert_serial(cert) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), w->days * DAY_S) !=
	    NULL && X509_set_pubkey(cert, key) == 1 && cert_name(cert, w) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
	    cert_extend(cert, issuer, NID_basic_constraints,
	    w->constraints) &&
	    cert_extend(cert, issuer, NID_key_usage, w->usage) &&
	    cert_extend(cert, issuer, NID_ext_key_usage, w->extended) &&
	    cert_extend(cert, issuer, NID_subject_alt_name, w->names) &&
	    cert_extend(cert, issuer, NID_subject_key_identifier, "hash") &&
	    cert_extend(cert, issuer, NID_authority_key_identifier,
	    "keyid:always");
}

/* by == NULL: signs itself. */
static bool
pair_make(struct pair *out, const struct wish *w, const struct pair *by,
    struct err *e)
{
	if (by == NULL)
		by = out;
	out->key = EVP_EC_gen("P-256");
	out->cert = X509_new();
	if (out->key == NULL || out->cert == NULL ||
	    !cert_fill(out->cert, out->key, by->cert, w) ||
	    X509_sign(out->cert, by->key, EVP_sha256()) <= 0)
		return tls_failed(e);
	return true;
}

/* Writes key (or none) and up to two certificates as PEM into tls/NAME. */
static bool
pem_write(struct lab_house *h, const char *name, EVP_PKEY *key, X509 *first,
    X509 *second, struct err *e)
{
	AUTO_FREE char	*file = NULL;
	BIO		*bio = BIO_new(BIO_s_mem());
	char		*text = NULL;
	bool		 ok = bio != NULL;

	if (ok && key != NULL)
		ok = PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
		    NULL) == 1;
	if (ok && first != NULL)
		ok = PEM_write_bio_X509(bio, first) == 1;
	if (ok && second != NULL)
		ok = PEM_write_bio_X509(bio, second) == 1;
	if (!ok || BIO_write(bio, "", 1) != 1) {
		BIO_free(bio);
		return tls_failed(e);
	}
	BIO_get_mem_data(bio, &text);
	ok = lab_write(h, name, text, key == NULL ? 0644 : 0600, e);
	BIO_free(bio);
	return ok;
}

static bool
pairs_write(struct lab_house *h, const struct pair *root,
    const struct pair *middle, const struct pair *server,
    const struct pair *client, struct err *e)
{
	return pem_write(h, "tls/ca.pem", NULL, root->cert, NULL, e) &&
	    pem_write(h, "tls/ca-chain.pem", NULL, middle->cert, root->cert,
	    e) &&
	    pem_write(h, "tls/server.pem", NULL, server->cert, middle->cert,
	    e) &&
	    pem_write(h, "tls/server.key", server->key, NULL, NULL, e) &&
	    pem_write(h, "tls/mongod.pem", server->key, server->cert,
	    middle->cert, e) &&
	    pem_write(h, "tls/client.pem", client->key, client->cert,
	    middle->cert, e);
}

static void
name_add(struct buf *names, const char *name)
{
	static const char	 fits[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	if (*name != '\0' && name[strspn(name, fits)] == '\0')
		buf_printf(names, ",DNS:%s", name);
}

/* As libldap's ldap_int_hostname: the name, and its canonical form. */
static void
names_collect(struct buf *names)
{
	struct addrinfo	 hint = { .ai_flags = AI_CANONNAME };
	struct addrinfo	*found = NULL;
	char		 host[256] = "";

	buf_puts(names, "DNS:localhost,IP:127.0.0.1,IP:::1");
	if (gethostname(host, sizeof(host) - 1) != 0)
		return;
	name_add(names, host);
	if (getaddrinfo(host, NULL, &hint, &found) != 0)
		return;
	if (found->ai_canonname != NULL &&
	    strcmp(found->ai_canonname, host) != 0)
		name_add(names, found->ai_canonname);
	freeaddrinfo(found);
}

static bool
tls_facts(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*ca = lab_path(h, "tls/ca.pem");

	if (ca == NULL || !lab_word(h, "CA_FILE", "%s", ca))
		return err_nomem(e);
	return lab_fact(h, "ca", json_string(ca), e);
}

bool
lab_tls_make(struct lab_house *h, struct err *e)
{
	struct pair	 root = { 0 }, middle = { 0 }, server = { 0 };
	struct pair	 client = { 0 }, stranger = { 0 };
	struct buf	 names = BUF_INIT;
	struct wish	 named = wish_server;
	bool		 ok = false;

	names_collect(&names);
	named.names = buf_str(&names);
	ok = buf_ok(&names, e) && pair_make(&root, &wish_root, NULL, e) &&
	    pair_make(&middle, &wish_middle, &root, e) &&
	    pair_make(&server, &named, &middle, e) &&
	    pair_make(&client, &wish_client, &middle, e) &&
	    pair_make(&stranger, &wish_stranger, NULL, e) &&
	    pairs_write(h, &root, &middle, &server, &client, e) &&
	    pem_write(h, "tls/other-ca.pem", NULL, stranger.cert, NULL, e) &&
	    tls_facts(h, e);

	pair_fini(&root);
	pair_fini(&middle);
	pair_fini(&server);
	pair_fini(&client);
	pair_fini(&stranger);
	buf_fini(&names);
	return ok;
}
