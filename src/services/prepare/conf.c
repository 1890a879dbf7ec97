/*
 * mongod.conf and argv with what a member of a set with a key needs.  The
 * vendor's file has its sections commented out ("#security:"): a missing one
 * goes behind the last line, and the result is proved to hold the old nodes.
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "set.h"
#include "text.def"

/* ---- the file */

static bool
parse(struct doc *doc, const struct buf *text, struct err *e)
{
	return doc_parse(doc, &doc_yaml, buf_str(text), text->len, e);
}

/* The old nodes are all there, as they were, and count new ones. */
static bool
append_prove(const struct buf *before, const struct buf *after, size_t count,
    const char *path, struct err *e)
{
	struct doc	 a = { 0 }, b = { 0 };
	size_t		 k = 0;
	bool		 ok = parse(&a, before, e) && parse(&b, after, e);

	for (size_t i = 0; ok && i < b.n; i++)
		if (k < a.n && strcmp(a.nodes[k].path, b.nodes[i].path) ==
		    0 && str_equal(a.nodes[k].value, b.nodes[i].value))
			k++;
	if (ok && (k != a.n || b.n > a.n + count ||
	    doc_find(&b, path) == NULL))
		ok = err_set(e, ERR_REFUSED, 0, T_CONF_APPEND, path);
	doc_fini(&a);
	doc_fini(&b);
	return ok;
}

/* "section:" and "  key: x" behind the end. */
static bool
section_add(struct buf *text, const char *section, const char *key,
    struct err *e)
{
	AUTO_BUF struct buf	 out = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s.%s", section, key);

	if (path == NULL)
		return err_nomem(e);
	buf_add(&out, buf_str(text), text->len);
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		buf_putc(&out, '\n');
	buf_printf(&out, "%s:\n  %s: x\n", section, key);
	/* An empty file's root becomes a node too. */
	if (!buf_ok(&out, e) || !append_prove(text, &out, 3, path, e))
		return false;
	buf_wipe(text);
	*text = out;
	out = (struct buf)BUF_INIT;
	return true;
}

static bool
value_put(struct buf *text, const char *section, const char *key,
    const char *value, struct err *e)
{
	AUTO_FREE char	*path = str_format("%s.%s", section, key);
	struct doc	 doc = { 0 };
	struct buf	 out = BUF_INIT;
	bool		 ok = value == NULL || path != NULL || err_nomem(e);

	if (value == NULL || !ok)
		return ok;
	ok = parse(&doc, text, e);
	if (ok && doc_find(&doc, section) == NULL) {
		doc_fini(&doc);
		ok = section_add(text, section, key, e) &&
		    parse(&doc, text, e);
	}
	ok = ok && doc_edit(&doc, DOC_SET, path, value, &out, NULL, e);
	doc_fini(&doc);
	if (ok) {
		buf_wipe(text);
		*text = out;
	} else {
		buf_wipe(&out);
	}
	return ok;
}

static bool
bind_put(struct buf *text, const char *name, struct err *e)
{
	AUTO_FREE char	*now = conf_value(buf_str(text), text->len,
	    "net.bindIp");
	AUTO_FREE char	*list = name == NULL ? NULL : str_format("%s,%s",
	    now != NULL ? now : "localhost", name);

	if (name == NULL)
		return true;
	return list == NULL ? err_nomem(e) :
	    value_put(text, "net", "bindIp", list, e);
}

/* Said so in words, it would win over the key. */
static bool
auth_put(struct buf *text, const struct conf_wish *w, struct err *e)
{
	AUTO_FREE char *now = conf_value(buf_str(text), text->len,
	    "security.authorization");

	return w->key_file == NULL || now == NULL ||
	    strcmp(now, "disabled") != 0 ||
	    value_put(text, "security", "authorization", "enabled", e);
}

bool
conf_edit(const char *text, size_t len, const struct conf_wish *w,
    struct buf *out, struct err *e)
{
	struct buf	 b = BUF_INIT;
	bool		 ok;

	buf_add(&b, text, len);
	ok = buf_ok(&b, e) &&
	    auth_put(&b, w, e) &&
	    value_put(&b, "security", "keyFile", w->key_file, e) &&
	    value_put(&b, "replication", "replSetName", w->set, e) &&
	    bind_put(&b, w->bind_name, e);
	if (ok)
		buf_add(out, b.data, b.len);
	buf_wipe(&b);
	return ok && buf_ok(out, e);
}

char *
conf_value(const char *text, size_t len, const char *path)
{
	struct doc		 doc = { 0 };
	const struct doc_node	*node;
	char			*value = NULL;

	if (doc_parse(&doc, &doc_yaml, text, len, NULL)) {
		node = doc_find(&doc, path);
		if (node != NULL && node->value != NULL)
			value = strdup(node->value);
	}
	doc_fini(&doc);
	return value;
}

/* ---- argv */

/* The value behind "--name=" or "-name=", NULL when it is another word. */
static const char *
word_value(const char *word, const char *name)
{
	const char	*p = word + strspn(word, "-");
	size_t		 n = strlen(name);

	return p > word && strncmp(p, name, n) == 0 && p[n] == '=' ?
	    p + n + 1 : NULL;
}

static bool
is_word(const char *word, const char *name)
{
	const char *p = word + strspn(word, "-");

	return p > word && strcmp(p, name) == 0;
}

static bool
has_word(const json_t *argv, const char *name)
{
	json_t	*word;
	size_t	 i;

	json_array_foreach(argv, i, word)
		if (is_word(json_string_value(word), name) ||
		    word_value(json_string_value(word), name) != NULL)
			return true;
	return false;
}

static void
words_add(json_t *out, const char *name, const char *value)
{
	if (value == NULL || has_word(out, name))
		return;
	json_array_append_new(out, json_sprintf("--%s", name));
	json_array_append_new(out, json_string(value));
}

json_t *
conf_argv(const json_t *argv, const struct conf_wish *w)
{
	json_t	*out = json_array(), *word;
	bool	 is_value = false;
	size_t	 i;

	json_array_foreach(argv, i, word) {
		const char *s = json_string_value(word);

		if (w->key_file != NULL && is_word(s, "noauth"))
			continue;
		if (w->bind_name != NULL && (is_value ||
		    word_value(s, "bind_ip") != NULL))
			json_array_append_new(out, json_sprintf("%s,%s", s,
			    w->bind_name));
		else
			json_array_append_new(out, json_string(s));
		is_value = is_word(s, "bind_ip");
	}
	words_add(out, "replSet", w->set);
	words_add(out, "keyFile", w->key_file);
	if (w->bind_name != NULL && !has_word(out, "bind_ip")) {
		AUTO_FREE char *list = str_format("localhost,%s",
		    w->bind_name);

		words_add(out, "bind_ip", list);
	}
	return out;
}

/* ---- names */

static bool
is_same_address(const struct addrinfo *a, const struct addrinfo *b)
{
	for (const struct addrinfo *x = a; x != NULL; x = x->ai_next)
		for (const struct addrinfo *y = b; y != NULL; y = y->ai_next)
			if (x->ai_addrlen == y->ai_addrlen &&
			    memcmp(x->ai_addr, y->ai_addr, x->ai_addrlen) ==
			    0)
				return true;
	return false;
}

static bool
is_same_host(const char *one, const char *two)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo	*a = NULL, *b = NULL;
	bool		 same = strcasecmp(one, two) == 0;

	if (!same && getaddrinfo(one, NULL, &hints, &a) == 0 &&
	    getaddrinfo(two, NULL, &hints, &b) == 0)
		same = is_same_address(a, b);
	if (a != NULL)
		freeaddrinfo(a);
	if (b != NULL)
		freeaddrinfo(b);
	return same;
}

bool
conf_binds(const char *list, const char *name)
{
	AUTO_FREE char	*copy = strdup(list != NULL ? list : "localhost");
	char		*save = NULL, *one;

	for (one = copy != NULL ? strtok_r(copy, ", ", &save) : NULL;
	    one != NULL; one = strtok_r(NULL, ", ", &save))
		if (strcmp(one, "0.0.0.0") == 0 || strcmp(one, "*") == 0 ||
		    strcmp(one, "::") == 0 || is_same_host(one, name))
			return true;
	return false;
}

char *
set_host_name(const char *host, int *port)
{
	const char	*colon = strrchr(host, ':');
	size_t		 len = colon != NULL ? (size_t)(colon - host) :
	    strlen(host);
	int64_t		 n = 27017;

	/* "::1" alone is an address without a port. */
	if (colon != NULL && (!str_to_int(colon + 1, 1, 65535, &n) ||
	    (*host != '[' && memchr(host, ':', len) != NULL))) {
		n = 27017;
		len = strlen(host);
	}
	*port = (int)n;
	return *host == '[' && len >= 2 ? strndup(host + 1, len - 2) :
	    strndup(host, len);
}

bool
set_is_address(const char *name)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST };
	struct addrinfo	*found = NULL;
	bool		 is = getaddrinfo(name, NULL, &hints, &found) == 0;

	if (found != NULL)
		freeaddrinfo(found);
	return is;
}

bool
set_is_loopback(const char *name)
{
	return strcasecmp(name, "localhost") == 0 ||
	    str_starts(name, "127.") || strcmp(name, "::1") == 0;
}
