/*
 * The connection string (MongoDB's "Connection String URI Format").  What is
 * wrong with user or password is said by us: the driver calls it an invalid
 * host string, and repeating the URL would show the password.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define SCHEME		"mongodb://"
#define SCHEME_SRV	"mongodb+srv://"

/* Options whose value is a secret. */
static const char *const secret_options[] = {
	"tlsCertificateKeyFilePassword=",
	"sslClientCertificateKeyPassword=",
	"authMechanismProperties=",
};

/* Behind the scheme, or NULL when it is another one. */
static const char *
url_rest(const char *url)
{
	if (str_starts(url, SCHEME))
		return url + strlen(SCHEME);
	if (str_starts(url, SCHEME_SRV))
		return url + strlen(SCHEME_SRV);
	return NULL;
}

static bool
url_encoding_err(const char *where, struct err *e)
{
	err_set(e, ERR_MONGO, MONGO_BAD_URL, T_URL_ENCODING, where);
	return err_hint(e, T_URL_ENCODING_HINT);
}

/* Only what may stand in a user name or password as it is. */
static bool
url_is_encoded(const char *s, size_t len, bool is_password)
{
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (s[i] == '%' && (i + 2 >= len ||
		    !isxdigit((unsigned char)s[i + 1]) ||
		    !isxdigit((unsigned char)s[i + 2])))
			return false;
		if (strchr("/?#[]@", s[i]) != NULL)
			return false;
		if (s[i] == ':' && is_password)
			return false;
	}
	return true;
}

/*
 * Without "@" every host has at most one colon; more of them is what the
 * guide's own sample has, a full stop where "@" belongs.
 */
static bool
url_hosts_have_password(const char *s, size_t len)
{
	int	 colons = 0;
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (s[i] == '[')
			while (i < len && s[i] != ']')
				i++;
		else if (s[i] == ',')
			colons = 0;
		else if (s[i] == ':' && ++colons > 1)
			return true;
	}
	return false;
}

/* The last byte c in s[0..len), or NULL. */
static const char *
url_last(const char *s, size_t len, char c)
{
	return len == 0 ? NULL : memrchr(s, c, len);
}

/*
 * An "@" behind the first "?" belongs to the value of an option; without a
 * name and "=" before it, or with another "?" behind it, it ends a password
 * that has "?" in it.
 */
static bool
url_options_have_password(const char *options)
{
	const char	*at = strrchr(options, '@');
	const char	*name = at == NULL ? NULL :
	    url_last(options, (size_t)(at - options), '&');

	if (at == NULL)
		return false;
	name = name != NULL ? name : options;
	return memchr(name, '=', (size_t)(at - name)) == NULL ||
	    strchr(at, '?') != NULL;
}

bool
mongo_url_check(const char *url, struct err *e)
{
	const char	*rest = url_rest(url), *at, *colon;
	size_t		 authority, to_options;

	if (rest == NULL) {
		err_set(e, ERR_MONGO, MONGO_BAD_URL, T_URL_SCHEME);
		return err_hint(e, T_URL_SCHEME_HINT);
	}
	authority = strcspn(rest, "/?#");
	to_options = strcspn(rest, "?");
	at = url_last(rest, authority, '@');
	if (at == NULL && strchr(rest + authority, '@') != NULL)
		return url_encoding_err(T_URL_USER_OR_PASSWORD, e);
	if (to_options > authority &&
	    url_last(rest + authority, to_options - authority, '@') != NULL)
		return url_encoding_err(T_URL_USER_OR_PASSWORD, e);
	if (url_options_have_password(rest + to_options))
		return url_encoding_err(T_URL_USER_OR_PASSWORD, e);
	if (at == NULL && url_hosts_have_password(rest, authority)) {
		err_set(e, ERR_MONGO, MONGO_BAD_URL, T_URL_NO_AT);
		return err_hint(e, T_URL_NO_AT_HINT);
	}
	if (at == NULL)
		return true;
	colon = memchr(rest, ':', (size_t)(at - rest));
	if (!url_is_encoded(rest,
	    (size_t)((colon != NULL ? colon : at) - rest), false))
		return url_encoding_err(T_URL_USER, e);
	if (colon != NULL &&
	    !url_is_encoded(colon + 1, (size_t)(at - colon - 1), true))
		return url_encoding_err(T_URL_PASSWORD, e);
	return true;
}

/* Options with *** for the values that are secret. */
static void
url_mask_options(struct buf *out, const char *s)
{
	size_t	 i, len;

	while (*s != '\0') {
		for (i = 0; i < LENGTH(secret_options); i++) {
			len = strlen(secret_options[i]);
			if (strncasecmp(s, secret_options[i], len) == 0)
				break;
		}
		if (i < LENGTH(secret_options)) {
			buf_puts(out, secret_options[i]);
			buf_puts(out, "***");
			s += strcspn(s, "&;");
			continue;
		}
		buf_putc(out, *s++);
	}
}

char *
mongo_url_mask(const char *url)
{
	AUTO_BUF struct buf out = BUF_INIT;
	const char	*rest = url_rest(url), *at, *colon;
	struct err	 ignored;

	/* Where the password ends cannot be known: show nothing of it. */
	if (rest == NULL || !mongo_url_check(url, &ignored) ||
	    strchr(rest + strcspn(rest, "?"), '@') != NULL) {
		buf_add(&out, url, rest == NULL ? 0 : (size_t)(rest - url));
		buf_puts(&out, "***");
		return buf_take(&out);
	}
	at = url_last(rest, strcspn(rest, "/?#"), '@');
	if (at != NULL) {
		colon = memchr(rest, ':', (size_t)(at - rest));
		buf_add(&out, url,
		    (size_t)((colon != NULL ? colon + 1 : at) - url));
		if (colon != NULL)
			buf_puts(&out, "***");
		url = at;
	}
	url_mask_options(&out, url);
	return buf_take(&out);
}
