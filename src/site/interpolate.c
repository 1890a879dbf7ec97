/*
 * Compose's variables: $NAME, ${NAME}, ${NAME:-word}, ${NAME-word},
 * ${NAME:+word}, ${NAME+word}, ${NAME:?text}, $$ (compose-spec, Interpolation).
 *
 * Values come from .env alone.  Compose takes the caller's environment before
 * it, but that is not ours: another shell starts the containers.
 */
#include "site_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#define DEPTH_MAX	8
#define NAME_MAX_LEN	256

struct interpolation {
	const struct site	*site;
	bool			 keep_unknown;
	int			 depth;
	struct buf		*out;
};

static void text_put(struct interpolation *in, const char *s, size_t len);

static size_t
name_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)s[n]) || s[n] == '_'))
		n++;
	return n > 0 && isdigit((unsigned char)s[0]) ? 0 : n;
}

/* The value of a name in .env as text that may hold variables; borrowed. */
static const struct doc_node *
dotenv_node(const struct site *site, const char *name, bool *is_literal)
{
	const struct site_file	*f = site_file_find(site, ".env");
	const struct doc_node	*node = f != NULL && f->doc.format != NULL ?
	    doc_find(&f->doc, name) : NULL;

	if (node == NULL || node->value == NULL)
		return NULL;
	*is_literal = node->start < f->text.len &&
	    f->text.data[node->start] == '\'';
	return node;
}

/* False when .env does not set the name. */
static bool
variable_put(struct interpolation *in, const char *name)
{
	bool			 is_literal = false;
	const struct doc_node	*node = dotenv_node(in->site, name,
	    &is_literal);

	if (node == NULL)
		return false;
	if (is_literal)
		buf_puts(in->out, node->value);
	else
		text_put(in, node->value, strlen(node->value));
	return true;
}

/* What stands after the name in "${NAME...}". */
static void
braced_put(struct interpolation *in, const char *all, size_t all_len,
    const char *name, const char *rest, size_t len)
{
	bool			 takes_empty = len > 0 && rest[0] != ':';
	size_t			 op_at = len > 0 && rest[0] == ':' ? 1 : 0;
	char			 op = len > op_at ? rest[op_at] : '\0';
	AUTO_BUF struct buf	 value = BUF_INIT;
	struct interpolation	 inner = *in;
	bool			 is_set;

	inner.out = &value;
	is_set = variable_put(&inner, name);
	in->out->failed |= value.failed;
	if (is_set && value.len == 0 && !takes_empty && op != '\0')
		is_set = false;
	if (op == '+') {
		if (is_set)
			text_put(in, rest + op_at + 1, len - op_at - 1);
	} else if (is_set) {
		buf_add(in->out, value.data, value.len);
	} else if (op == '-') {
		text_put(in, rest + op_at + 1, len - op_at - 1);
	} else if (in->keep_unknown) {
		buf_add(in->out, all, all_len);
	}
}

/* Length of "${...}" with what is nested in it, 0 without an end. */
static size_t
braces_len(const char *s, size_t len)
{
	size_t depth = 0;

	for (size_t i = 1; i < len; i++) {
		depth += s[i] == '{';
		if (s[i] == '}' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* One variable at s, which is a '$'; how many bytes it took. */
static size_t
reference_put(struct interpolation *in, const char *s, size_t len)
{
	char	 name[NAME_MAX_LEN];
	bool	 is_braced = len > 1 && s[1] == '{';
	size_t	 all = is_braced ? braces_len(s, len) : 0;
	size_t	 head = is_braced ? 2 : 1;
	size_t	 n = name_len(s + head, len - head);

	if (len > 1 && s[1] == '$') {
		buf_putc(in->out, '$');
		return 2;
	}
	if (n == 0 || n >= sizeof(name) || (is_braced && all == 0)) {
		buf_putc(in->out, '$');
		return 1;
	}
	memcpy(name, s + head, n);
	name[n] = '\0';
	if (is_braced) {
		braced_put(in, s, all, name, s + head + n,
		    all - head - n - 1);
		return all;
	}
	if (!variable_put(in, name) && in->keep_unknown)
		buf_add(in->out, s, head + n);
	return head + n;
}

static void
text_put(struct interpolation *in, const char *s, size_t len)
{
	size_t n;

	if (++in->depth <= DEPTH_MAX) {
		for (size_t i = 0; i < len; i += n) {
			n = 1;
			if (s[i] == '$')
				n = reference_put(in, s + i, len - i);
			else
				buf_putc(in->out, s[i]);
		}
	}
	in->depth--;
}

char *
site_interpolate(const struct site *site, const char *text, bool keep_unknown)
{
	struct buf		 out = BUF_INIT;
	struct interpolation	 in = { site, keep_unknown, 0, &out };

	text_put(&in, text, strlen(text));
	return buf_take(&out);
}

char *
site_dotenv(const struct site *site, const char *name,
    struct site_origin *origin)
{
	bool			 is_literal = false;
	const struct doc_node	*node = dotenv_node(site, name, &is_literal);

	if (node == NULL)
		return NULL;
	if (origin != NULL)
		*origin = (struct site_origin){
			site_file_find(site, ".env")->path, node->line
		};
	return is_literal ? strdup(node->value) :
	    site_interpolate(site, node->value, false);
}

bool
site_text_refers(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strchr(text, '$'); p != NULL;
	    p = strchr(p, '$')) {
		p++;
		if (*p == '$') {
			p++;
			continue;
		}
		if (*p == '{')
			p++;
		if (strncmp(p, name, n) == 0 && name_len(p, n + 1) == n)
			return true;
	}
	return false;
}
