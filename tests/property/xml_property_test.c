/*
 * Generated XML files, edited: the bytes outside the splice stay, and expat
 * alone, reading the file before and after, sees the intended change.
 */
#include "tree_list.h"

#include <expat.h>
#include <stdio.h>

#include "stconsole/str.h"

#define ROUNDS	6000

struct gen {
	struct prng	 p;
	struct buf	 text;
	const char	*eol;
};

static const char *const names[] = { "LDAP", "Connection", "a", "ns:b",
    "x-1", "\xc3\xa4", "Set.Id" };
static const char *const attrs[] = { "HostName", "Port", "xmlns:ns", "id",
    "\xc3\xb6", "a.b", "xml:lang" };
static const char *const texts[] = { "", " ", "text", "a &amp; b", "&#65;",
    "&lt;x&gt;", "\xe2\x82\xac", "<![CDATA[a<b]]>", "<![CDATA[]]>",
    "x<![CDATA[y]]>", "it's \"q\"", "/", "]]&gt;", "a<!-- c -->b" };
static const char *const values[] = { "", "plain", "a&b<c>d", "'", "\"",
    "'\"", "two\nlines\r\tx", " ", "\xc3\xa9", "]]>", "&amp;", "/>",
    "\x01", "<!-- x -->", "\xf0\x9f\x98\x80", "(&(cn=%s*)(|(a=b)))" };
static const char *const comments[] = { "<!-- note -->", "<!---->",
    "<!-- <a b='1'/> caf\xe9 \xff -->", "<?pi x?>",
    "<!-- \x01 \xc3\xa4 -->" };

static void
gen_break(struct gen *g, int depth)
{
	static const char *const tabs[] = { "\t", "  ", "" };

	if (prng_below(&g->p, 8) == 0) {
		buf_puts(&g->text, g->eol);
		buf_puts(&g->text, prng_pick(&g->p, comments));
	}
	buf_puts(&g->text, g->eol);
	for (const char *tab = prng_pick(&g->p, tabs); depth > 0; depth--)
		buf_puts(&g->text, tab);
}

static void
gen_attrs(struct gen *g)
{
	static const char *const spaces[] = { " ", " ", "  ", "\n      ",
	    "\t" };
	static const char *const plain[] = { "", "1", "a &amp; b", "&#x41;",
	    "\xc3\xa4", ">", "ldap.corp.test", "a\nb" };
	size_t	 n = prng_below(&g->p, 4), first = prng_below(&g->p, 7), i;
	bool	 is_ns;

	for (i = 0; i < n; i++) {
		const char	*quote = prng_below(&g->p, 3) ? "\"" : "'";
		const char	*name = attrs[(first + i) % 7];

		is_ns = strncmp(name, "xmlns", 5) == 0;
		buf_puts(&g->text, prng_pick(&g->p, spaces));
		buf_puts(&g->text, name);
		buf_puts(&g->text, prng_below(&g->p, 6) ? "=" : " = ");
		buf_printf(&g->text, "%s%s%s", quote, is_ns ? "urn:x" :
		    prng_pick(&g->p, plain), quote);
	}
	if (prng_below(&g->p, 6) == 0)
		buf_putc(&g->text, ' ');
}

static void
gen_element(struct gen *g, int depth)
{
	const char	*name = prng_pick(&g->p, names);
	size_t		 kind = prng_below(&g->p, 4), n;

	buf_printf(&g->text, "<%s", name);
	gen_attrs(g);
	if (kind == 0 && depth < 5) {
		buf_puts(&g->text, "/>");
		return;
	}
	buf_putc(&g->text, '>');
	if (kind == 1 || depth == 5) {
		buf_puts(&g->text, prng_pick(&g->p, texts));
	} else {
		for (n = 1 + prng_below(&g->p, 3); n > 0; n--) {
			gen_break(g, depth);
			gen_element(g, depth + 1);
		}
		gen_break(g, depth - 1);
	}
	buf_printf(&g->text, "</%s>", name);
}

static void
gen_file(struct gen *g, size_t round)
{
	static const char *const heads[] = { "", "",
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
	    "<?xml version='1.0' encoding='utf-8' standalone='yes'?>" };

	prng_init(&g->p, round);
	buf_reset(&g->text);
	g->eol = prng_below(&g->p, 3) == 0 ? "\r\n" : "\n";
	if (prng_below(&g->p, 6) == 0)
		buf_puts(&g->text, "\xef\xbb\xbf");
	buf_puts(&g->text, prng_pick(&g->p, heads));
	if (g->text.len > 3)
		gen_break(g, 0);
	gen_element(g, 1);
	if (prng_below(&g->p, 2) == 0)
		gen_break(g, 0);
}

struct level {
	size_t	 entry, path_len;
	char	*child[16];	/* names so far */
	size_t	 n_children;
};

struct reader {
	struct tree_list	*list;
	struct level		 level[16];
	size_t			 depth;
	struct buf		 path, text;
};

static void XMLCALL
read_start(void *arg, const XML_Char *name, const XML_Char **a)
{
	struct reader	*r = arg;
	struct level	*up = &r->level[r->depth], *l = up + 1;
	size_t		 ordinal = 1, i;

	for (i = 0; i < up->n_children; i++)
		ordinal += strcmp(up->child[i], name) == 0;
	up->child[up->n_children++] = strdup(name);
	*l = (struct level){ .path_len = r->path.len, .entry = r->list->n };
	r->depth++;
	buf_printf(&r->path, "/%s[%zu]", name, ordinal);
	tree_list_add(r->list, buf_str(&r->path), "", true);
	for (; *a != NULL; a += 2) {
		AUTO_BUF struct buf path = BUF_INIT;

		buf_printf(&path, "%s/@%s", buf_str(&r->path), a[0]);
		tree_list_add(r->list, buf_str(&path), a[1], true);
	}
	buf_reset(&r->text);
}

static void XMLCALL
read_text(void *arg, const XML_Char *s, int len)
{
	buf_add(&((struct reader *)arg)->text, s, (size_t)len);
}

static void XMLCALL
read_end(void *arg, const XML_Char *name)
{
	struct reader		*r = arg;
	struct level		*l = &r->level[r->depth--];
	struct tree_entry	*entry = &r->list->entry[l->entry];

	(void)name;
	entry->is_value = l->n_children == 0;
	if (l->n_children == 0) {
		free(entry->value);
		entry->value = strdup(buf_str(&r->text));
	}
	while (l->n_children > 0)
		free(l->child[--l->n_children]);
	r->path.data[r->path.len = l->path_len] = '\0';
}

static bool
read_alone(const struct buf *text, struct tree_list *list)
{
	AUTO_BUF struct buf	 clean = BUF_INIT;
	struct reader		 r = { .list = list };
	XML_Parser		 parser = XML_ParserCreate(NULL);
	size_t			 i, n;
	bool			 ok;

	/* Only comments of the generator hold such bytes. */
	buf_add(&clean, text->data, text->len);
	for (i = 0; i < clean.len; i += n) {
		n = str_utf8_len(clean.data + i, clean.len - i);
		if (n == 0 || clean.data[i] == '\x01')
			clean.data[i] = '?';
		n = n == 0 ? 1 : n;
	}
	list->n = 0;
	XML_SetUserData(parser, &r);
	XML_SetElementHandler(parser, read_start, read_end);
	XML_SetCharacterDataHandler(parser, read_text);
	ok = XML_Parse(parser, clean.data, (int)clean.len, 1) ==
	    XML_STATUS_OK;
	XML_ParserFree(parser);
	while (r.level[0].n_children > 0)
		free(r.level[0].child[--r.level[0].n_children]);
	buf_fini(&r.path);
	buf_fini(&r.text);
	return ok;
}

struct tally {
	size_t	 done[3], refused[3];
};

static void
edit_holds_for_both(struct gen *g, const struct tree_list *before,
    size_t target, const struct edit_case *c, bool is_new,
    struct tally *tally)
{
	static struct tree_list	 after;
	struct doc		 doc;
	struct doc_splice	 s = { 0 };
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e = { 0 };
	int			 kind = c->change == DOC_UNSET ? 2 : is_new;

	if (!doc_parse(&doc, &doc_xml, buf_str(&g->text), g->text.len, &e))
		fail_msg("PROPERTY_SEED=%llu: %s",
		    (unsigned long long)g->p.seed, e.msg);
	if (!doc_edit(&doc, c->change, c->path, c->value, &out, &s, &e)) {
		CHECK(&g->p, e.domain == ERR_REFUSED && e.msg[0] != '\0');
		tally->refused[kind]++;
	} else {
		edit_bytes_hold(&g->p, &g->text, &out, &s);
		CHECK(&g->p, read_alone(&out, &after));
		if (c->change == DOC_UNSET)
			tree_list_unset_holds(&g->p, before, &after, target);
		else if (is_new)
			tree_list_add_holds(&g->p, before, &after, c->path,
			    c->value);
		else
			tree_list_set_holds(&g->p, before, &after, target,
			    c->value);
		tree_list_free(&after);
		tally->done[kind]++;
	}
	doc_splice_fini(&s);
	doc_fini(&doc);
}

static void
every_edit_changes_its_path_alone(void **state)
{
	static struct tree_list	 before;
	struct gen		 g = { 0 };
	struct tally		 t = { 0 };
	size_t			 round, target;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		AUTO_BUF struct buf	 path = BUF_INIT;
		struct edit_case	 c = { .format = &doc_xml };
		bool			 is_new;

		gen_file(&g, round);
		CHECK(&g.p, read_alone(&g.text, &before));
		target = prng_below(&g.p, before.n);
		buf_puts(&path, before.entry[target].path);
		is_new = strchr(buf_str(&path), '@') == NULL &&
		    prng_below(&g.p, 2) == 0;
		if (is_new)
			buf_puts(&path, "/@new");
		c.change = !is_new && prng_below(&g.p, 3) == 0 ? DOC_UNSET :
		    DOC_SET;
		c.value = prng_pick(&g.p, values);
		c.path = buf_str(&path);
		edit_holds_for_both(&g, &before, target, &c, is_new, &t);
		tree_list_free(&before);
	}
	buf_fini(&g.text);
	print_message("set %zu (%zu refused), added %zu (%zu), removed %zu "
	    "(%zu)\n", t.done[0], t.refused[0], t.done[1], t.refused[1],
	    t.done[2], t.refused[2]);
	/* Refusing everything would hold too. */
	assert_true(t.refused[0] < t.done[0]);
	assert_true(t.refused[1] < t.done[1] / 5);
	assert_true(t.done[2] > ROUNDS / 20);
}

static void
no_bytes_break_the_reader(void **state)
{
	struct prng		 p;
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct edit_case	 c = { .format = &doc_xml,
	    .change = DOC_SET, .path = "A", .value = "x" };

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		prng_init(&p, round);
		edit_random_bytes(&p, &text);
		edit_holds(&p, &text, &c);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_edit_changes_its_path_alone),
		cmocka_unit_test(no_bytes_break_the_reader),
	};

	return cmocka_run_group_tests_name("xml properties", tests, NULL,
	    NULL);
}
