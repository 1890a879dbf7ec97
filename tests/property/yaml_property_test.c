/*
 * Generated YAML files, edited: the bytes outside the splice stay, and
 * libyaml alone, composing the document before and after, sees the intended
 * change and no other.
 */
#include "tree_list.h"

#include <stdio.h>
#include <yaml.h>

#include "stconsole/str.h"

#define ROUNDS	6000

struct gen {
	struct prng	 p;
	struct buf	 text;
	const char	*eol;
	size_t		 step;		/* of indentation */
	int		 n_anchors, n_maps;
	int		 maps[100];	/* anchors of mappings */
};

static const char *const keys[] = { "a", "image", "x.y", "b c", "\xc3\xa4",
    "1", "true", "k[0]", "host:1", "z-9", "q\"", "o'k", "_", "/" };
static const char *const scalars[] = { "nginx", "1", "true", "1.10", "a b",
    "${X}:80", "\"q\"", "\"a\\tb\"", "'it''s'", "''", "\"\\u00e9\"",
    "\xe2\x82\xac", "-1", "http://x.test/a?b", "*" };
static const char *const values[] = { "", "1", "yes", "plain", "a: b", "#x",
    "x # y", " lead", "trail ", "two\nlines", "two\nlines\n", "\ttab",
    "'", "\"", "\\", "\xc3\xa9\xe2\x82\xac", "[", "{}", "- x", "*a", "&a",
    "!t", "null", "~", "0x1f", "12:30:45", "\xc2\x85", "\x01", "---",
    "a,b", "? x", "very long words that go on and on and on for a line or"
    " two so that a writer that folds would fold them somewhere here",
    "\n", "a\n\n", "\n\nb", "  x\ny", "key: |\n  block", "\xf0\x9f\x98\x80" };
static const char *const comments[] = { "# note", "#", "# a: 1",
    "# caf\xe9 \xff", "# \x01\x7f", "#\t tab", "# \xc3\xa4\xe2\x82\xac",
    "# - x" };

static void	 gen_value(struct gen *g, size_t indent, int depth,
		     bool in_map);
static void	 gen_flow(struct gen *g, int depth);

static void
gen_indent(struct gen *g, size_t n)
{
	while (n-- > 0)
		buf_putc(&g->text, ' ');
}

static void
gen_end(struct gen *g)
{
	bool takes_tab = strchr("-:", g->text.data[g->text.len - 1]) == NULL;

	if (prng_below(&g->p, 6) == 0) {
		buf_puts(&g->text, takes_tab ? " \t " : " ");
		buf_puts(&g->text, prng_pick(&g->p, comments));
	} else if (prng_below(&g->p, 10) == 0) {
		buf_puts(&g->text, "  ");
	}
	buf_puts(&g->text, g->eol);
}

static void
gen_between(struct gen *g, size_t indent)
{
	if (prng_below(&g->p, 8) == 0)
		buf_puts(&g->text, g->eol);
	if (prng_below(&g->p, 8) == 0) {
		gen_indent(g, prng_below(&g->p, 2) ? indent : 0);
		buf_puts(&g->text, prng_pick(&g->p, comments));
		buf_puts(&g->text, g->eol);
	}
}

static void
gen_scalar(struct gen *g, bool in_flow)
{
	const char *s = prng_pick(&g->p, scalars);

	while (strcmp(s, "*") == 0 ||
	    (in_flow && strpbrk(s, ",[]{}?") != NULL)) {
		if (g->n_anchors > 0 && !in_flow) {
			buf_printf(&g->text, "*n%d",
			    (int)prng_below(&g->p, (size_t)g->n_anchors));
			return;
		}
		s = prng_pick(&g->p, scalars);
	}
	buf_puts(&g->text, s);
}

static void
gen_key(struct gen *g, size_t n)
{
	const char *k = keys[n % (sizeof(keys) / sizeof(*keys))];

	if (strpbrk(k, "[]\"'") == NULL && prng_below(&g->p, 4) > 0)
		buf_puts(&g->text, k);
	else if (strchr(k, '"') != NULL)
		buf_printf(&g->text, "'%s'", k);
	else
		buf_printf(&g->text, "\"%s\"", k);
}

static void
gen_map(struct gen *g, size_t indent, int depth, bool is_inline)
{
	size_t	 n = 1 + prng_below(&g->p, 4), key = prng_below(&g->p, 14), i;

	for (i = 0; i < n; i++) {
		if (i > 0 || !is_inline) {
			gen_between(g, indent);
			gen_indent(g, indent);
		}
		if (i == 0 && g->n_maps > 0 && prng_below(&g->p, 4) == 0) {
			buf_printf(&g->text, "<<: *n%d",
			    g->maps[prng_below(&g->p, (size_t)g->n_maps)]);
			gen_end(g);
			continue;
		}
		gen_key(g, key + i);
		buf_putc(&g->text, ':');
		gen_value(g, indent, depth, true);
	}
}

static void
gen_list(struct gen *g, size_t indent, int depth)
{
	size_t	 n = 1 + prng_below(&g->p, 4), i;

	for (i = 0; i < n; i++) {
		gen_between(g, indent);
		gen_indent(g, indent);
		buf_putc(&g->text, '-');
		if (depth > 0 && prng_below(&g->p, 3) == 0) {
			buf_putc(&g->text, ' ');
			gen_map(g, indent + 2, depth - 1, true);
		} else {
			gen_value(g, indent, depth, false);
		}
	}
}

static void
gen_flow_space(struct gen *g)
{
	if (prng_below(&g->p, 8) == 0)
		buf_puts(&g->text, " # c");
	if (prng_below(&g->p, 5) == 0 || (g->text.len > 0 &&
	    g->text.data[g->text.len - 1] == 'c')) {
		buf_puts(&g->text, g->eol);
		gen_indent(g, 12);
	}
}

static void
gen_flow(struct gen *g, int depth)
{
	bool	 is_map = prng_below(&g->p, 2) == 0;
	size_t	 n = prng_below(&g->p, 4), key = prng_below(&g->p, 14), i;

	buf_putc(&g->text, is_map ? '{' : '[');
	for (i = 0; i < n; i++) {
		gen_flow_space(g);
		if (is_map) {
			gen_key(g, key + i);
			buf_puts(&g->text, ": ");
		}
		if (depth > 0 && prng_below(&g->p, 4) == 0)
			gen_flow(g, depth - 1);
		else
			gen_scalar(g, true);
		if (i + 1 < n || prng_below(&g->p, 5) == 0)
			buf_puts(&g->text, prng_below(&g->p, 3) ? ", " : ",");
	}
	gen_flow_space(g);
	buf_putc(&g->text, is_map ? '}' : ']');
}

static void
gen_block_scalar(struct gen *g, size_t indent)
{
	static const char *const heads[] = { "|", ">", "|-", ">-", "|+",
	    "| # c" };
	size_t n = prng_below(&g->p, 3);

	buf_putc(&g->text, ' ');
	buf_puts(&g->text, prng_pick(&g->p, heads));
	buf_puts(&g->text, g->eol);
	do {
		gen_indent(g, indent + g->step);
		buf_puts(&g->text, prng_below(&g->p, 2) ? "line: # no" :
		    "{{ x }}");
		buf_puts(&g->text, g->eol);
		if (prng_below(&g->p, 4) == 0)
			buf_puts(&g->text, g->eol);
	} while (n-- > 0);
}

static void
gen_nested(struct gen *g, size_t indent, int depth, bool in_map)
{
	if (prng_below(&g->p, 5) == 0)
		buf_printf(&g->text, " &t%zu", g->text.len);
	gen_end(g);
	if (prng_below(&g->p, 2) == 0)
		gen_map(g, indent + g->step, depth - 1, false);
	else
		gen_list(g, indent + (in_map && prng_below(&g->p, 3) == 0 ?
		    0 : g->step), depth - 1);
}

/* Its name is known only when it is whole: no text holds itself. */
static void
gen_anchored_map(struct gen *g, size_t indent)
{
	buf_printf(&g->text, " &n%d", g->n_anchors);
	gen_end(g);
	gen_map(g, indent + g->step, 0, false);
	g->maps[g->n_maps++] = g->n_anchors++;
}

static void
gen_value(struct gen *g, size_t indent, int depth, bool in_map)
{
	size_t kind = prng_below(&g->p, 12);

	if (depth > 0 && kind < 4) {
		gen_nested(g, indent, depth, in_map);
	} else if (depth > 0 && kind == 4 && g->n_anchors < 20) {
		gen_anchored_map(g, indent);
	} else if (kind == 5) {
		gen_block_scalar(g, indent);
	} else if (kind == 6) {
		gen_end(g);
	} else {
		buf_putc(&g->text, ' ');
		if (kind == 7 && depth > 0)
			gen_flow(g, 2);
		else
			gen_scalar(g, false);
		gen_end(g);
	}
}

static void
gen_file(struct gen *g, size_t round)
{
	size_t n;

	prng_init(&g->p, round);
	n = prng_below(&g->p, 8) == 0 ? 2 : 1;
	buf_reset(&g->text);
	g->n_anchors = g->n_maps = 0;
	g->eol = prng_below(&g->p, 3) == 0 ? "\r\n" : "\n";
	g->step = 1 + prng_below(&g->p, 4);
	if (prng_below(&g->p, 6) == 0)
		buf_puts(&g->text, "\xef\xbb\xbf");
	while (n-- > 0) {
		gen_map(g, 0, 3, false);
		g->n_anchors = g->n_maps = 0;
		if (n > 0)
			buf_printf(&g->text, "---%s", g->eol);
	}
	if (prng_below(&g->p, 5) == 0)
		while (g->text.len > 0 && strchr("\r\n",
		    g->text.data[g->text.len - 1]) != NULL)
			g->text.data[--g->text.len] = '\0';
}

static void
step_key(struct buf *path, const char *key)
{
	buf_puts(path, "[\"");
	for (; *key != '\0'; key++) {
		if (*key == '"' || *key == '\\')
			buf_putc(path, '\\');
		buf_putc(path, *key);
	}
	buf_puts(path, "\"]");
}

struct walk {
	yaml_document_t		*doc;
	struct tree_list	*list;
	struct buf		 path;
	bool			*seen;
};

/* What an alias leads to is listed where its anchor stands. */
static void
walk_node(struct walk *w, int id)
{
	yaml_node_t	*n = yaml_document_get_node(w->doc, id);
	size_t		 len = w->path.len, i = 0;

	if (w->seen[id]) {
		tree_list_add(w->list, buf_str(&w->path), "alias", false);
		return;
	}
	w->seen[id] = true;
	if (n->type == YAML_SCALAR_NODE) {
		tree_list_add(w->list, buf_str(&w->path),
		    (char *)n->data.scalar.value, true);
		return;
	}
	tree_list_add(w->list, buf_str(&w->path),
	    n->type == YAML_MAPPING_NODE ? "{}" : "[]", false);
	if (n->type == YAML_MAPPING_NODE)
		for (yaml_node_pair_t *m = n->data.mapping.pairs.start;
		    m < n->data.mapping.pairs.top; m++) {
			step_key(&w->path, (char *)yaml_document_get_node(
			    w->doc, m->key)->data.scalar.value);
			walk_node(w, m->value);
			w->path.data[w->path.len = len] = '\0';
		}
	else
		for (yaml_node_item_t *m = n->data.sequence.items.start;
		    m < n->data.sequence.items.top; m++) {
			buf_printf(&w->path, "[%zu]", i++);
			walk_node(w, *m);
			w->path.data[w->path.len = len] = '\0';
		}
}

static bool
compose(const struct buf *text, struct tree_list *list)
{
	AUTO_BUF struct buf	 clean = BUF_INIT;
	yaml_parser_t		 parser;
	yaml_document_t		 doc;
	bool			 ok = true;
	int			 number = 0;
	size_t			 i, n;

	/* Only comments of the generator hold such bytes. */
	buf_add(&clean, text->data, text->len);
	for (i = 0; i < clean.len; i += n) {
		n = str_utf8_len(clean.data + i, clean.len - i);
		if (n == 0 || strchr("\x01\x7f", clean.data[i]) != NULL)
			clean.data[i] = '?';
		n = n == 0 ? 1 : n;
	}
	list->n = 0;
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser,
	    (const unsigned char *)buf_str(&clean), clean.len);
	while ((ok = yaml_parser_load(&parser, &doc)) &&
	    yaml_document_get_root_node(&doc) != NULL) {
		struct walk w = { .doc = &doc, .list = list };

		w.seen = calloc(10000, sizeof(*w.seen));
		buf_printf(&w.path, "%d:", number++);
		walk_node(&w, 1);
		free(w.seen);
		buf_fini(&w.path);
		yaml_document_delete(&doc);
	}
	if (ok)
		yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
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

	if (!doc_parse(&doc, &doc_yaml, buf_str(&g->text), g->text.len, &e))
		fail_msg("PROPERTY_SEED=%llu: %s",
		    (unsigned long long)g->p.seed, e.msg);
	if (!doc_edit(&doc, c->change, c->path, c->value, &out, &s, &e)) {
		CHECK(&g->p, e.domain == ERR_REFUSED && e.msg[0] != '\0');
		tally->refused[kind]++;
	} else {
		edit_bytes_hold(&g->p, &g->text, &out, &s);
		CHECK(&g->p, compose(&out, &after));
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

/* The path of an entry that a collection does not have yet. */
static void
new_path(const struct tree_list *l, size_t parent, struct buf *path)
{
	const char	*name = l->entry[parent].path;
	size_t		 len = strlen(name), n = 0, i;

	buf_puts(path, name);
	if (strcmp(l->entry[parent].value, "{}") == 0) {
		buf_puts(path, "[\"new.key\"]");
		return;
	}
	for (i = 0; i < l->n; i++)
		if (strncmp(l->entry[i].path, name, len) == 0 &&
		    l->entry[i].path[len] == '[' &&
		    strchr(l->entry[i].path + len + 1, '[') == NULL)
			n++;
	buf_printf(path, "[%zu]", n);
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
		struct edit_case	 c = { .format = &doc_yaml };
		bool			 is_new;

		gen_file(&g, round);
		CHECK(&g.p, compose(&g.text, &before));
		target = prng_below(&g.p, before.n);
		c.change = prng_below(&g.p, 3) == 0 ? DOC_UNSET : DOC_SET;
		c.value = prng_pick(&g.p, values);
		is_new = c.change == DOC_SET && !before.entry[target].is_value;
		if (is_new)
			new_path(&before, target, &path);
		else
			buf_puts(&path, before.entry[target].path);
		c.path = buf_str(&path);
		edit_holds_for_both(&g, &before, target, &c, is_new, &t);
		tree_list_free(&before);
	}
	buf_fini(&g.text);
	print_message("set %zu (%zu refused), added %zu (%zu), removed %zu "
	    "(%zu)\n", t.done[0], t.refused[0], t.done[1], t.refused[1],
	    t.done[2], t.refused[2]);
	/* Refusing everything would hold too. */
	assert_true(t.refused[0] < t.done[0] / 20);
	assert_true(t.refused[1] < t.done[1]);
	assert_true(t.refused[2] < t.done[2]);
}

static void
no_bytes_break_the_reader(void **state)
{
	struct prng		 p;
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct edit_case	 c = { .format = &doc_yaml,
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

	return cmocka_run_group_tests_name("yaml properties", tests, NULL,
	    NULL);
}
