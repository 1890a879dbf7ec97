/*
 * The demo site: a tree of plain files in which @NAME@ stands for a word of
 * the lab.  @xml:NAME@ and @b64:NAME@ give it in another dress.  A file keeps
 * its bytes else, CRLF included; what is executable stays so.
 */
#include "house.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "text.def"

#define TEMPLATE_MAX	(1024 * 1024)
#define WORD_MAX	64
#define DEPTH_MAX	8

static bool
folder_has_sites(const char *dir)
{
	AUTO_FREE char	*probe = str_format("%s/docker", dir);

	return probe != NULL && access(probe, R_OK | X_OK) == 0;
}

/* As it is, without "..": NULL when there is no such place. */
static char *
beside_program(const char *relative)
{
	AUTO_FREE char *path = file_beside_program(relative);

	return path == NULL ? NULL : realpath(path, NULL);
}

char *
lab_sites_find(const char *given, struct err *e)
{
	char	*tries[] = {
		given == NULL ? NULL : realpath(given, NULL),
		given == NULL ? beside_program("../tests/lab/sites") : NULL,
		given == NULL ? realpath("tests/lab/sites", NULL) : NULL,
		given == NULL ? beside_program(
		    "../../share/stconsole/lab/sites") : NULL,
	};
	char	*found = NULL;

	for (size_t i = 0; i < LENGTH(tries); i++) {
		if (found == NULL && tries[i] != NULL &&
		    folder_has_sites(tries[i]))
			found = TAKE(tries[i]);
		free(tries[i]);
	}
	if (found == NULL) {
		err_set(e, ERR_SITE, 0, T_LAB_NO_SITES);
		err_hint(e, T_LAB_NO_SITES_HINT);
	}
	return found;
}

char *
lab_fetch_find(const char *given_sites)
{
	AUTO_FREE char	*sites = lab_sites_find(given_sites, NULL);
	AUTO_FREE char	*path = sites == NULL ? NULL :
	    str_format("%s/../fetch", sites);

	return path == NULL ? NULL : realpath(path, NULL);
}

static void
put_xml(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		default:
			buf_putc(out, *s);
		}
	}
}

static void
put_b64(struct buf *out, const char *s)
{
	size_t		 len = strlen(s);
	AUTO_FREE char	*b64 = malloc(len * 2 + 8);

	if (b64 == NULL) {
		out->failed = true;
		return;
	}
	EVP_EncodeBlock((unsigned char *)b64, (const unsigned char *)s,
	    (int)len);
	buf_puts(out, b64);
}

/* The length of "xml:NAME" before the closing @, 0 when this is no word. */
static size_t
word_len(const char *s)
{
	size_t	 n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	    "abcdefghijklmnopqrstuvwxyz:");

	return s[n] == '@' && n < WORD_MAX ? n : 0;
}

static bool
word_put(const struct lab_house *h, struct buf *out, const char *word)
{
	const char	*colon = strchr(word, ':');
	const char	*value = json_str(h->words, colon == NULL ? word :
	    colon + 1);

	if (value == NULL)
		return false;
	if (str_starts(word, "xml:"))
		put_xml(out, value);
	else if (str_starts(word, "b64:"))
		put_b64(out, value);
	else
		buf_puts(out, value);
	return true;
}

static bool
fill(const struct lab_house *h, const char *name, const struct buf *in,
    struct buf *out, struct err *e)
{
	const char	*p = buf_str(in);
	const char	*end = p + in->len;

	while (p < end) {
		size_t	 n = *p == '@' ? word_len(p + 1) : 0;
		char	 word[WORD_MAX];

		/* A mail address has an @ as well, but no second one. */
		if (n == 0) {
			buf_putc(out, *p++);
			continue;
		}
		memcpy(word, p + 1, n);
		word[n] = '\0';
		if (!word_put(h, out, word))
			return err_set(e, ERR_SITE, 0, T_LAB_WORD, name,
			    word);
		p += n + 2;
	}
	return buf_ok(out, e);
}

static bool
file_fill(const struct lab_house *h, const char *from, const char *to,
    mode_t mode, struct err *e)
{
	AUTO_BUF struct buf	 in = BUF_INIT;
	AUTO_BUF struct buf	 out = BUF_INIT;

	return file_read(AT_FDCWD, from, TEMPLATE_MAX, &in, e) &&
	    fill(h, from, &in, &out, e) &&
	    file_write(AT_FDCWD, to, out.data, out.len, mode, e);
}

static bool	 tree_fill(const struct lab_house *h, const char *from,
		    const char *to, int depth, struct err *e);

static mode_t
file_mode(const char *name, const struct stat *st)
{
	if (str_ends(name, ".key"))
		return 0600;
	return st->st_mode & S_IXUSR ? 0755 : 0644;
}

static bool
entry_fill(const struct lab_house *h, const char *from, const char *to,
    const char *name, int depth, struct err *e)
{
	AUTO_FREE char	*source = str_format("%s/%s", from, name);
	AUTO_FREE char	*target = str_format("%s/%s", to, name);
	struct stat	 st;

	if (source == NULL || target == NULL)
		return err_nomem(e);
	if (stat(source, &st) != 0)
		return err_sys(e, "%s", source);
	if (!S_ISDIR(st.st_mode))
		return file_fill(h, source, target,
		    file_mode(name, &st), e);
	if (mkdir(target, 0755) != 0 && errno != EEXIST)
		return err_sys(e, "%s", target);
	return depth >= DEPTH_MAX || tree_fill(h, source, target, depth + 1,
	    e);
}

static bool
tree_fill(const struct lab_house *h, const char *from, const char *to,
    int depth, struct err *e)
{
	struct dirent	*d = NULL;
	DIR		*dir = opendir(from);
	bool		 ok = true;

	if (dir == NULL)
		return err_sys(e, "%s", from);
	while (ok && (d = readdir(dir)) != NULL) {
		if (str_equal(d->d_name, ".") || str_equal(d->d_name, ".."))
			continue;
		ok = entry_fill(h, from, to, d->d_name, depth, e);
	}
	closedir(dir);
	return ok;
}

/* What a server that is not there leaves open: its usual port. */
static bool
words_default(struct lab_house *h)
{
	static const char *const	 usual[][2] = {
		{ "LDAP_PORT", "389" }, { "LDAPS_PORT", "636" },
		{ "LDAP_BIND_PASSWORD", "changeit" },
		{ "MONGO_PORT", "27017" },
		{ "MONGO_URL", "mongodb://sametimeUser:changeit@"
		    "localhost:27017/?replicaSet=rs0" },
		{ "API_URL", "https://meet.corp.test" },
	};

	for (size_t i = 0; i < LENGTH(usual); i++) {
		if (*lab_word_get(h, usual[i][0]) == '\0' &&
		    !lab_word(h, usual[i][0], "%s", usual[i][1]))
			return false;
	}
	return lab_word(h, "LDAP_BIND_DN",
	    "cn=sametime-bind,ou=services,dc=corp,dc=test") &&
	    lab_word(h, "LDAP_BASE", "dc=corp,dc=test");
}

static bool
word_file(struct lab_house *h, const char *word, const char *file,
    struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = lab_path(h, "%s", file);

	if (path == NULL)
		return err_nomem(e);
	if (!file_read(AT_FDCWD, path, TEMPLATE_MAX, &b, e))
		return false;
	return lab_word(h, word, "%s", buf_str(&b)) || err_nomem(e);
}

static bool
words_files(struct lab_house *h, struct err *e)
{
	return word_file(h, "CA_PEM", "tls/ca-chain.pem", e) &&
	    word_file(h, "SERVER_PEM", "tls/server.pem", e) &&
	    word_file(h, "SERVER_KEY", "tls/server.key", e);
}

static bool
words_secrets(struct lab_house *h, struct err *e)
{
	static const char *const	 made[][2] = {
		{ "JWT_SECRET", "jwt" }, { "TURN_SECRET", "turn" },
		{ "GRAFANA_PASSWORD", "grafana" },
	};

	for (size_t i = 0; i < LENGTH(made); i++) {
		const char	*secret = lab_secret(h, made[i][1], "", e);

		if (secret == NULL)
			return false;
		if (!lab_word(h, made[i][0], "%s", secret))
			return err_nomem(e);
	}
	return true;
}

bool
lab_site_write(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*sites = lab_sites_find(h->run->sites, e);
	AUTO_FREE char	*from = NULL;
	AUTO_FREE char	*to = lab_path(h, "site");

	if (sites == NULL || !words_files(h, e) || !words_secrets(h, e))
		return false;
	from = str_format("%s/%s", sites, h->run->kind);
	if (from == NULL || to == NULL || !words_default(h) ||
	    !lab_word(h, "LDAP_ENCODED_AUTH", "%s:%s",
	    lab_word_get(h, "LDAP_BIND_DN"),
	    lab_word_get(h, "LDAP_BIND_PASSWORD")))
		return err_nomem(e);
	return tree_fill(h, from, to, 0, e);
}
