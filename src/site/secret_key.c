/*
 * Which keys and values are secret, and how they are shown instead.  When in
 * doubt a value is hidden: --reveal shows it.
 */
#include "site_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

/* Parts of names, in capitals without _ - and digits between. */
static const char *const secret_parts[] = {
	"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "PWD",
	"CREDENTIAL", "APIKEY", "PRIVATEKEY", "MONGOURL", "MONGOURI",
	"MONGOCONNECTIONURL", "ENCODEDAUTH"
};

/*
 * Names that hold such a part and no secret: a rule, a path, a list of token
 * kinds, an address, and on Kubernetes the name of a secret (facts 4.3-4.8).
 */
static const char *const open_names[] = {
	"STAUTHTOKEN", "OIDCTOKENURL", "MONGOSECRET", "LDAPCONFIGSECRET",
	"SAMLCONFIGSECRET", "OVERRIDECOMMUNITYCONFIGSECRET",
	"HCLIMAGEPULLSECRET", "STDBLDAPSSLONLYFORPASSWORDS",
	"PASSWORDMINLENGTHREQUIRED", "STCONFMEETINGSECUREUSERROOMNAME"
};

static const char *const open_ends[] = {
	"REQUIRED", "MINLENGTH", "SECRETNAME", "PASSWORDFILE", "TOKENURL"
};

static const char *const open_starts[] = {
	"REACTAPPPASSWORD"
};

/* The last part of a key: after "/", ".", "@", "__", without quotes. */
static const char *
last_part(const char *key, size_t *len)
{
	const char *end = key + strlen(key), *p;

	while (end > key && (end[-1] == ']' || end[-1] == '"'))
		end--;
	for (p = end; p > key; p--)
		if (strchr("/.@\"", p[-1]) != NULL ||
		    (p - key > 1 && p[-1] == '_' && p[-2] == '_'))
			break;
	*len = (size_t)(end - p);
	return p;
}

static void
name_fold(const char *name, size_t len, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++)
		if (isalpha((unsigned char)name[i]))
			out[n++] = (char)toupper((unsigned char)name[i]);
	out[n] = '\0';
}

static bool
is_open_name(const char *folded)
{
	for (size_t i = 0; i < LENGTH(open_names); i++)
		if (strcmp(folded, open_names[i]) == 0)
			return true;
	for (size_t i = 0; i < LENGTH(open_ends); i++)
		if (str_ends(folded, open_ends[i]))
			return true;
	for (size_t i = 0; i < LENGTH(open_starts); i++)
		if (str_starts(folded, open_starts[i]))
			return true;
	return false;
}

static bool
name_is_secret(const char *name, size_t len)
{
	char folded[128];

	name_fold(name, len, folded, sizeof(folded));
	if (is_open_name(folded))
		return false;
	for (size_t i = 0; i < LENGTH(secret_parts); i++)
		if (strstr(folded, secret_parts[i]) != NULL)
			return true;
	return false;
}

bool
site_key_is_secret(const char *key)
{
	size_t		 len;
	const char	*part = last_part(key, &len);

	return name_is_secret(part, len);
}

/*
 * The password of a URL in text: from after the ":" to the last "@".  A URL
 * whose "@" was forgotten ("user:pass.host:27017", as the guide's sample
 * prints it) has two colons in its first host: all of that is hidden.
 */
static bool
url_password(const char *text, size_t *start, size_t *end)
{
	const char	*slashes = strstr(text, "://"), *at, *colon, *p;

	if (slashes == NULL)
		return false;
	p = slashes + 3;
	at = strrchr(p, '@');
	if (at != NULL) {
		colon = memchr(p, ':', (size_t)(at - p));
		if (colon == NULL)
			return false;
		*start = (size_t)(colon + 1 - text);
		*end = (size_t)(at - text);
		return true;
	}
	at = p + strcspn(p, ",/?");
	colon = memchr(p, ':', (size_t)(at - p));
	if (*p == '[' || colon == NULL ||
	    memchr(colon + 1, ':', (size_t)(at - colon - 1)) == NULL)
		return false;
	*start = (size_t)(p - text);
	*end = (size_t)(at - text);
	return true;
}

/*
 * A private key in PEM, or that in base64: "-----BEGIN " of anything but a
 * certificate.
 */
static bool
is_private_key(const char *value)
{
	static const char	 begin[] = "LS0tLS1CRUdJTi";

	return strstr(value, "PRIVATE KEY-----") != NULL ||
	    (str_starts(value, begin) &&
	    !str_starts(value + sizeof(begin) - 1, "BDRVJU"));
}

bool
site_value_is_secret(const char *value)
{
	size_t start, end;

	return url_password(value, &start, &end);
}

/* "name=value&..." after the "?": values of secret names. */
static void
query_put(const char *query, struct buf *out)
{
	while (*query != '\0') {
		size_t len = strcspn(query, "&");
		size_t name = strcspn(query, "=&");

		if (name < len && name_is_secret(query, name)) {
			buf_add(out, query, name + 1);
			buf_puts(out, SITE_MASK);
		} else {
			buf_add(out, query, len);
		}
		query += len;
		if (*query == '&')
			buf_putc(out, *query++);
	}
}

/* start == end: there is no password, but options may hold one. */
static void
url_put(const char *value, size_t start, size_t end, struct buf *out)
{
	const char	*rest = value + end;
	size_t		 path = strcspn(rest, "?");

	buf_add(out, value, start);
	if (start < end)
		buf_puts(out, SITE_MASK);
	buf_add(out, rest, path);
	if (rest[path] == '?') {
		buf_putc(out, '?');
		query_put(rest + path + 1, out);
	}
}

char *
site_value_mask(const char *key, const char *value)
{
	struct buf	 out = BUF_INIT;
	const char	*equals = strchr(value, '=');
	size_t		 start, end;
	char		*shown;

	if (url_password(value, &start, &end)) {
		url_put(value, start, end, &out);
	} else if (str_starts(value, "mongodb://") ||
	    str_starts(value, "mongodb+srv://")) {
		url_put(value, 0, 0, &out);
	} else if (site_key_is_secret(key) || is_private_key(value)) {
		buf_puts(&out, SITE_MASK);
	} else if (equals != NULL && str_ends(key, "]") &&
	    name_is_secret(value, (size_t)(equals - value))) {
		/* An entry "- NAME=value" of a compose environment. */
		buf_add(&out, value, (size_t)(equals + 1 - value));
		buf_puts(&out, SITE_MASK);
	} else {
		buf_puts(&out, value);
	}
	shown = buf_take(&out);
	if (shown != NULL)
		str_strip_control(shown);
	return shown;
}
