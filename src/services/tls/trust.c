/*
 * Reads what somebody else trusts: PEM, DER, PKCS#12.  Old Java and Windows
 * stores are encrypted with RC2-40, which OpenSSL 3 keeps in its "legacy"
 * provider; it is loaded into a library context of our own, so that nothing
 * else in the process ever negotiates with it.
 */
#include "stconsole/tls_probe.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

#define TRUST_MAX	(4u << 20)

static bool
add_pem(struct buf *pem, X509 *cert)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*text = NULL;
	long	 len;

	if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1) {
		BIO_free(bio);
		return false;
	}
	len = BIO_get_mem_data(bio, &text);
	buf_add(pem, text, (size_t)len);
	BIO_free(bio);
	return !pem->failed;
}

/* How many certificates the text holds; other PEM blocks are passed over. */
static size_t
from_pem(const struct buf *raw, struct buf *pem)
{
	BIO	*bio = BIO_new_mem_buf(raw->data, (int)raw->len);
	X509	*cert;
	size_t	 n = 0;

	while (bio != NULL &&
	    (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (add_pem(pem, cert))
			n++;
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	return n;
}

static size_t
from_der(const struct buf *raw, struct buf *pem)
{
	const unsigned char	*p = (const unsigned char *)raw->data;
	X509			*cert = d2i_X509(NULL, &p, (long)raw->len);
	size_t			 n = 0;

	if (cert != NULL && add_pem(pem, cert))
		n = 1;
	X509_free(cert);
	ERR_clear_error();
	return n;
}

struct old_ciphers {
	OSSL_LIB_CTX	*lib;
	OSSL_PROVIDER	*usual, *legacy;
};

static void
old_ciphers_fini(struct old_ciphers *o)
{
	if (o->legacy != NULL)
		OSSL_PROVIDER_unload(o->legacy);
	if (o->usual != NULL)
		OSSL_PROVIDER_unload(o->usual);
	OSSL_LIB_CTX_free(o->lib);
}

static PKCS12 *
p12_read(const struct buf *raw, struct old_ciphers *o)
{
	const unsigned char	*p = (const unsigned char *)raw->data;
	PKCS12			*p12;

	o->lib = OSSL_LIB_CTX_new();
	if (o->lib == NULL)
		return NULL;
	o->usual = OSSL_PROVIDER_load(o->lib, "default");
	o->legacy = OSSL_PROVIDER_load(o->lib, "legacy");
	p12 = PKCS12_init_ex(NID_pkcs7_data, o->lib, NULL);
	if (p12 != NULL && d2i_PKCS12(&p12, &p, (long)raw->len) == NULL)
		p12 = NULL;
	return p12;
}

/* -1: not PKCS#12; -2: the password does not open it; else how many. */
static int
from_p12(const struct buf *raw, const struct secret *password,
    struct buf *pem)
{
	struct old_ciphers	 old = { NULL, NULL, NULL };
	PKCS12			*p12 = p12_read(raw, &old);
	const char		*word = password != NULL ?
	    secret_reveal(password) : "";
	EVP_PKEY		*key = NULL;
	X509			*own = NULL;
	STACK_OF(X509)		*others = NULL;
	int			 n = p12 == NULL ? -1 : -2, i;

	if (p12 != NULL && PKCS12_parse(p12, word, &key, &own, &others) == 1) {
		n = 0;
		/* A store that holds the server's own pair: trust that. */
		if (own != NULL && add_pem(pem, own))
			n++;
		for (i = 0; i < sk_X509_num(others); i++)
			n += add_pem(pem, sk_X509_value(others, i));
	}
	EVP_PKEY_free(key);
	X509_free(own);
	sk_X509_pop_free(others, X509_free);
	PKCS12_free(p12);
	old_ciphers_fini(&old);
	ERR_clear_error();
	return n;
}

bool
tls_trust_load(const char *path, const struct secret *password,
    struct buf *pem, struct err *e)
{
	AUTO_BUF struct buf	raw = BUF_INIT;
	int			n = 0;

	if (!file_read(AT_FDCWD, path, TRUST_MAX, &raw, e)) {
		err_hint(e, T_TRUST_FILE_HINT);
		return false;
	}
	if (raw.len > 0)
		n = from_pem(&raw, pem) > 0 || from_der(&raw, pem) > 0 ? 1 :
		    from_p12(&raw, password, pem);
	if (!buf_ok(pem, e))
		return false;
	if (n > 0)
		return true;
	if (n == -2) {
		err_set(e, ERR_TLS, 0, T_TRUST_PASSWORD, path);
		return err_hint(e, T_TRUST_PASSWORD_HINT);
	}
	err_set(e, ERR_TLS, 0, T_TRUST_EMPTY, path);
	return err_hint(e, T_TRUST_FILE_HINT);
}

const char *
tls_trust_system(void)
{
	static const char *const bundles[] = {
		"/etc/ssl/certs/ca-certificates.crt",	/* Debian */
		"/etc/pki/tls/certs/ca-bundle.crt",	/* Red Hat */
		"/etc/ssl/ca-bundle.pem",		/* SUSE */
	};
	size_t i;

	for (i = 0; i < LENGTH(bundles); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return NULL;
}
