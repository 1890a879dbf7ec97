/*
 * The second net.  The first takes secrets out by the name they stand behind;
 * this one knows the secrets themselves, from the site's files, earlier
 * snapshots and the state folder, and looks for each of them in every byte,
 * as it is and as JSON, XML, URLs and base64 write it.
 *
 * Words that are too short or too common to be told from ordinary text
 * ("true", "27017") are left to the first net: taking them out everywhere
 * would leave nothing to read.
 */
#include "parts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text.def"

#define LEN_MIN		4
#define DIGITS_MIN	6		/* of a secret that is a number */
#define PEM_LINE	64
#define OBJECT_MAX	65536
#define MASK		"***"
#define ROUNDS_MAX	4

struct known {
	struct secret	**form;
	size_t		  count, room;
};

static const char *const common[] = {
	"true", "false", "null", "none", "yes", "auto", "default", "enabled",
	"disabled", "required", "optional", "string", "password", "secret"
};

struct known *
known_new(struct err *e)
{
	struct known *k = calloc(1, sizeof(*k));

	if (k == NULL)
		err_nomem(e);
	return k;
}

void
known_free(struct known *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < k->count; i++)
		secret_free(k->form[i]);
	free(k->form);
	free(k);
}

/* ---- dresses */

static bool
is_tellable(const char *s, size_t len)
{
	size_t i, digits = 0;

	for (i = 0; i < len; i++)
		digits += isdigit((unsigned char)s[i]) != 0;
	if (len < LEN_MIN || (digits == len && len < DIGITS_MIN))
		return false;
	for (i = 0; i < LENGTH(common); i++)
		if (strlen(common[i]) == len &&
		    strncasecmp(common[i], s, len) == 0)
			return false;
	return true;
}

/* In order of length, the longest first; each once. */
static bool
form_add(struct known *k, const char *s, size_t len, struct err *e)
{
	size_t		  at;
	struct secret	**more, *one;

	if (!is_tellable(s, len))
		return true;
	for (at = 0; at < k->count && secret_len(k->form[at]) >= len; at++)
		if (secret_len(k->form[at]) == len &&
		    memcmp(secret_reveal(k->form[at]), s, len) == 0)
			return true;
	if (k->count == k->room) {
		more = realloc(k->form, (k->room * 2 + 64) * sizeof(*more));
		if (more == NULL)
			return err_nomem(e);
		k->form = more;
		k->room = k->room * 2 + 64;
	}
	one = secret_new(s, len, e);
	if (one == NULL)
		return false;
	memmove(k->form + at + 1, k->form + at,
	    (k->count - at) * sizeof(*k->form));
	k->form[at] = one;
	k->count++;
	return true;
}

static void
json_put(const char *s, size_t len, struct buf *out)
{
	static const char	 from[] = "\"\\\b\f\n\r\t";
	static const char	 to[] = "\"\\bfnrt";
	const char		*at;

	for (; len > 0; s++, len--) {
		at = *s != '\0' ? strchr(from, *s) : NULL;
		if (at != NULL)
			buf_printf(out, "\\%c", to[at - from]);
		else if ((unsigned char)*s < 0x20)
			buf_printf(out, "\\u%04X", (unsigned char)*s);
		else
			buf_putc(out, *s);
	}
}

static void
xml_put(const char *s, size_t len, struct buf *out)
{
	for (; len > 0; s++, len--)
		if (*s == '&')
			buf_puts(out, "&amp;");
		else if (*s == '<')
			buf_puts(out, "&lt;");
		else if (*s == '>')
			buf_puts(out, "&gt;");
		else if (*s == '"')
			buf_puts(out, "&quot;");
		else
			buf_putc(out, *s);
}

static void
percent_put(const char *s, size_t len, bool upper, struct buf *out)
{
	for (; len > 0; s++, len--)
		if (isalnum((unsigned char)*s) ||
		    (*s != '\0' && strchr("-._~", *s) != NULL))
			buf_putc(out, *s);
		else
			buf_printf(out, upper ? "%%%02X" : "%%%02x",
			    (unsigned char)*s);
}

static void
unpercent_put(const char *s, size_t len, struct buf *out)
{
	char	 hex[3] = "";
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (s[i] == '%' && i + 2 < len &&
		    isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			hex[0] = s[i + 1];
			hex[1] = s[i + 2];
			buf_putc(out, (char)strtol(hex, NULL, 16));
			i += 2;
		} else {
			buf_putc(out, s[i]);
		}
	}
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void
base64_put(const char *s, size_t len, struct buf *out)
{
	for (; len > 0; s += 3) {
		unsigned v = (unsigned)(unsigned char)s[0] << 16;

		if (len > 1)
			v |= (unsigned)(unsigned char)s[1] << 8;
		if (len > 2)
			v |= (unsigned char)s[2];
		buf_putc(out, alphabet[v >> 18 & 63]);
		buf_putc(out, alphabet[v >> 12 & 63]);
		buf_putc(out, len > 1 ? alphabet[v >> 6 & 63] : '=');
		buf_putc(out, len > 2 ? alphabet[v & 63] : '=');
		len -= len > 3 ? 3 : len;
	}
}

/* Nothing when it is no base64 of printable text. */
static void
unbase64_put(const char *s, size_t len, struct buf *out)
{
	unsigned	 v = 0, bits = 0;
	const char	*at;

	while (len > 0 && s[len - 1] == '=')
		len--;
	for (; len > 0; s++, len--) {
		at = *s != '\0' ? strchr(alphabet, *s) : NULL;
		if (at == NULL)
			break;
		v = v << 6 | (unsigned)(at - alphabet);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (!isprint((int)(v >> bits & 255)))
			break;
		buf_putc(out, (char)(v >> bits & 255));
	}
	if (len > 0)
		buf_reset(out);
}

/* A line of a key in PEM: there are many, and nobody dresses them up. */
static bool
is_key_line(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] == '\0' || strchr(alphabet, s[i]) == NULL)
			return false;
	return len == PEM_LINE;
}

bool
known_add(struct known *k, const char *bytes, size_t len, struct err *e)
{
	struct buf	b[7] = { BUF_INIT };
	bool		ok = form_add(k, bytes, len, e);
	size_t		i;

	if (is_tellable(bytes, len) && !is_key_line(bytes, len)) {
		json_put(bytes, len, &b[0]);
		xml_put(bytes, len, &b[1]);
		percent_put(bytes, len, true, &b[2]);
		percent_put(bytes, len, false, &b[3]);
		unpercent_put(bytes, len, &b[4]);
		base64_put(bytes, len, &b[5]);
		unbase64_put(bytes, len, &b[6]);
	}
	for (i = 0; i < LENGTH(b); i++) {
		ok = ok && buf_ok(&b[i], e) && (b[i].len == 0 ||
		    form_add(k, b[i].data, b[i].len, e));
		buf_wipe(&b[i]);
	}
	return ok;
}

/* ---- where they come from */

static bool
take_secret(void *arg, const char *bytes, size_t len, struct err *e)
{
	return known_add(arg, bytes, len, e);
}

/* A secret of many lines ends in the password ("User and password"). */
static bool
add_file(struct known *k, const struct buf *text, struct err *e)
{
	AUTO_FREE char	*shown = NULL;
	size_t		 len = text->len, from;
	const char	*s = buf_str(text), *at, *colon;

	while (len > 0 && strchr("\r\n", s[len - 1]) != NULL)
		len--;
	if (!known_add(k, s, len, e))
		return false;
	for (from = len; from > 0 && s[from - 1] != '\n';)
		from--;
	if (from > 0 && !known_add(k, s + from, len - from, e))
		return false;
	/* Of a URL the password alone as well. */
	at = memrchr(s, '@', len);
	colon = strstr(s, "://");
	colon = colon != NULL && at != NULL && colon + 3 < at ?
	    memchr(colon + 3, ':', (size_t)(at - colon - 3)) : NULL;
	return colon == NULL || known_add(k, colon + 1,
	    (size_t)(at - colon - 1), e);
}

/*
 * The files of one folder that are secrets: all of them, or those whose name
 * is not the SHA-256 of their content but its HMAC (blob.h).
 */
static bool
add_folder(struct known *k, const char *folder, bool by_digest,
    struct err *e)
{
	DIR		*dir = opendir(folder);
	struct dirent	*d;
	bool		 ok = true;

	if (dir == NULL)
		return errno == ENOENT || err_sys(e, "%s", folder);
	while (ok && (d = readdir(dir)) != NULL) {
		struct buf	text = BUF_INIT;
		struct stat	st;
		char		hex[DIGEST_HEX_SIZE];

		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) <
		    0 || !S_ISREG(st.st_mode) || st.st_size > OBJECT_MAX)
			continue;
		ok = file_read(dirfd(dir), d->d_name, OBJECT_MAX, &text, e);
		digest_sha256(buf_str(&text), text.len, hex);
		if (ok && (!by_digest || !str_equal(hex, d->d_name)))
			ok = add_file(k, &text, e);
		buf_wipe(&text);
	}
	closedir(dir);
	return ok;
}

static bool
add_sites(struct known *k, const struct store *store, struct err *e)
{
	AUTO_FREE char	*sites = store_path(store, "sites");
	DIR		*dir = sites != NULL ? opendir(sites) : NULL;
	struct dirent	*d;
	bool		 ok = true;

	if (sites == NULL)
		return err_nomem(e);
	if (dir == NULL)
		return errno == ENOENT || err_sys(e, "%s", sites);
	while (ok && (d = readdir(dir)) != NULL) {
		AUTO_FREE char *objects = d->d_name[0] == '.' ? NULL :
		    str_format("%s/%s/objects", sites, d->d_name);

		if (objects != NULL)
			ok = add_folder(k, objects, true, e);
	}
	closedir(dir);
	return ok;
}

struct known *
known_read(struct ctx *ctx, const struct site *site, struct err *e)
{
	AUTO_FREE char	*own = store_path(ctx->store, "secrets");
	AUTO_FREE char	*old = store_path(ctx->store, "secrets/objects");
	struct known	*k = known_new(e);

	if (k == NULL)
		return NULL;
	if (own == NULL || old == NULL)
		err_nomem(e);
	else if ((site == NULL || site_secrets_each(ctx, site, take_secret, k,
	    e)) && add_folder(k, own, false, e) &&
	    add_folder(k, old, false, e) && add_sites(k, ctx->store, e))
		return k;
	known_free(k);
	return NULL;
}

/* ---- taking out */

static bool
one_out(const struct secret *s, struct buf *text, size_t *found,
    struct err *e)
{
	const char	*secret = secret_reveal(s), *from, *hit, *end;
	size_t		 len = secret_len(s);
	struct buf	 out = BUF_INIT;

	from = text->data;
	end = text->data + text->len;
	hit = memmem(from, text->len, secret, len);
	if (hit == NULL)
		return true;
	for (; hit != NULL; hit = memmem(from, (size_t)(end - from), secret,
	    len)) {
		buf_add(&out, from, (size_t)(hit - from));
		buf_puts(&out, MASK);
		from = hit + len;
		++*found;
	}
	buf_add(&out, from, (size_t)(end - from));
	buf_wipe(text);
	*text = out;
	return buf_ok(text, e);
}

/* What is left and right of a mask may be a secret together: look again. */
bool
known_take_out(const struct known *k, struct buf *text, size_t *found,
    struct err *e)
{
	size_t i, round, before;

	*found = 0;
	for (round = 0; round < ROUNDS_MAX && text->len > 0; round++) {
		before = *found;
		for (i = 0; i < k->count; i++)
			if (!one_out(k->form[i], text, found, e))
				return false;
		if (*found == before)
			return true;
	}
	return text->len == 0 || err_set(e, ERR_REFUSED, 0, T_KNOWN_LEFT);
}
