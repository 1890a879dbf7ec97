/*
 * Where Sametime's MongoDB is and with which account, as the site's own files
 * say (facts 3.4).  The URL has a password: it leaves here as a struct secret
 * and in facts only masked.
 */
#include "site_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define WINDOWS_HOME	"C:/Program Files/HCL/Sametime"

/* Options whose value is a path that the server process sees. */
static const char *const path_options[] = {
	"tlscafile", "tlscertificatekeyfile", "sslcertificateauthorityfile",
	"sslclientcertificatekeyfile"
};

/* chatlogging.ini holds what the chat server really uses. */
static char *
chatlogging_url(const struct site *site, struct site_origin *origin)
{
	const struct site_file *f = site_file_find(site, "chatlogging.ini");

	for (size_t i = f == NULL ? 0 : f->doc.n; i > 0; i--) {
		const struct doc_node *node = &f->doc.nodes[i - 1];

		if (node->value == NULL || node->value[0] == '\0' ||
		    !str_ends(node->path, "/CL_MONGO_URL"))
			continue;
		*origin = (struct site_origin){ f->path, node->line };
		return strdup(node->value);
	}
	return NULL;
}

/* Community first: its account is the one that every part shares. */
static char *
compose_url(const struct site *site, struct site_origin *origin)
{
	char *url = site_service_env(site, "community", "MONGO_URL", origin);

	if (url == NULL)
		url = site_setting(site, "custom.env", "MONGO_URL", origin);
	if (url == NULL)
		url = chatlogging_url(site, origin);
	return url;
}

static bool
url_find(const struct site *site, char **url, struct site_origin *origin,
    struct err *e)
{
	AUTO_SECRET struct secret *literal = NULL;

	*url = NULL;
	switch (site->kind) {
	case SITE_KUBERNETES:
		if (!site_helm_secret(site, "MongoConnectionUrl", &literal,
		    origin, e))
			return false;
		if (literal != NULL)
			*url = strdup(secret_reveal(literal));
		break;
	case SITE_WINDOWS:
		*url = chatlogging_url(site, origin);
		if (*url == NULL)
			*url = site_setting(site, "custom.env", "MONGO_URL",
			    origin);
		break;
	default:
		*url = compose_url(site, origin);
	}
	if (*url != NULL && **url != '\0')
		return true;
	free(TAKE(*url));
	err_set(e, ERR_SITE, ENOENT, T_MONGO_NONE, site->root);
	return err_hint(e, "%s", site->kind == SITE_KUBERNETES ?
	    T_MONGO_NONE_HELM : site->kind == SITE_WINDOWS ?
	    T_MONGO_NONE_WINDOWS : T_MONGO_NONE_COMPOSE);
}

/* ---- paths in the URL's options */

void
site_percent_decode(const char *s, size_t len, struct buf *out)
{
	char hex[3] = "";

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%' && i + 2 < len &&
		    isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			memcpy(hex, s + i + 1, 2);
			buf_putc(out, (char)strtoul(hex, NULL, 16));
			i += 2;
		} else {
			buf_putc(out, s[i]);
		}
	}
}

void
site_percent_encode(const char *s, struct buf *out)
{
	for (; *s != '\0'; s++) {
		if (isalnum((unsigned char)*s) || strchr("/-._~", *s) != NULL)
			buf_putc(out, *s);
		else
			buf_printf(out, "%%%02X", (unsigned char)*s);
	}
}

/* A path below the Windows program folder, in this copy of it. */
static char *
windows_path(const struct site *site, const char *path)
{
	AUTO_FREE char	*slashed = strdup(path);
	size_t		 n = strlen(WINDOWS_HOME);

	if (slashed == NULL)
		return NULL;
	for (char *p = slashed; *p != '\0'; p++)
		if (*p == '\\')
			*p = '/';
	if (strncasecmp(slashed, WINDOWS_HOME, n) != 0 || slashed[n] != '/')
		return NULL;
	return str_format("%s%s", site->root, slashed + n);
}

char *
site_path_here(const struct site *site, const char *path)
{
	char *here = NULL;

	if (site->kind == SITE_WINDOWS)
		here = windows_path(site, path);
	else if (site->compose != NULL)
		here = site_host_path(site, "community", path);
	if (here == NULL && site->compose != NULL)
		here = site_host_path(site, NULL, path);
	return here != NULL ? here : strdup(path);
}

bool
site_mongo_is_path_option(const char *name, size_t len)
{
	for (size_t i = 0; i < LENGTH(path_options); i++)
		if (strlen(path_options[i]) == len &&
		    strncasecmp(name, path_options[i], len) == 0)
			return true;
	return false;
}

/* Copies one "name=value", its path turned. */
static bool
option_put(const struct site *site, const char *option, size_t len,
    struct buf *out)
{
	const char		*equals = memchr(option, '=', len);
	AUTO_BUF struct buf	 path = BUF_INIT;
	AUTO_FREE char		*here = NULL;

	if (equals == NULL ||
	    !site_mongo_is_path_option(option, (size_t)(equals - option))) {
		buf_add(out, option, len);
		return true;
	}
	buf_add(out, option, (size_t)(equals + 1 - option));
	site_percent_decode(equals + 1,
	    len - (size_t)(equals + 1 - option), &path);
	here = site_path_here(site, buf_str(&path));
	if (here == NULL || path.failed)
		return false;
	site_percent_encode(here, out);
	return true;
}

static bool
url_turn_paths(const struct site *site, const char *url, struct buf *out)
{
	const char *query = strchr(url, '?');

	if (query == NULL) {
		buf_puts(out, url);
		return true;
	}
	query++;
	buf_add(out, url, (size_t)(query - url));
	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		if (!option_put(site, query, len, out))
			return false;
		query += len;
		if (*query == '&')
			buf_putc(out, *query++);
	}
	return true;
}

bool
site_mongo_url(const struct site *site, struct secret **url,
    struct site_origin *origin, struct err *e)
{
	struct site_origin	 where = { NULL, 0 };
	struct buf		 turned = BUF_INIT;
	char			*raw;
	bool			 ok;

	if (!url_find(site, &raw, &where, e))
		return false;
	ok = url_turn_paths(site, raw, &turned) && buf_ok(&turned, NULL);
	if (ok)
		*url = secret_new(turned.data, turned.len, e);
	else
		err_nomem(e);
	explicit_bzero(raw, strlen(raw));
	free(raw);
	buf_wipe(&turned);
	if (!ok || *url == NULL)
		return false;
	if (origin != NULL)
		*origin = where;
	return true;
}
