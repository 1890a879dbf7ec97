/*
 * Screens are written into a folder of their own and read against verbs of
 * this file: what is right is in the struct, what is wrong has its sentence
 * with file and line.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/ui/screen.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static bool
never_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	(void)params;
	(void)result;
	return err_set(e, ERR_REFUSED, 0, "not called here");
}

static bool
never_planned(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	(void)ctx;
	(void)params;
	(void)plan;
	return err_set(e, ERR_REFUSED, 0, "not called here");
}

static const struct verb_param fish_params[] = {
	{ .name = "name", .type = PARAM_TEXT, .required = true },
	{ .name = "sea", .type = PARAM_CHOICE, .choices = "north|south" },
	{ .name = "deep", .type = PARAM_FLAG },
	{ .name = "key_file", .type = PARAM_SECRET }
};
static const struct verb_param many_params[] = {
	{ .name = "name", .type = PARAM_TEXT, .required = true, .many = true }
};
static const struct verb_param part_params[] = {
	{ .name = "part", .type = PARAM_TEXT }
};
static const struct verb verbs[] = {
	{ .name = "fish.list", .role = ROLE_VIEWER, .read = never_read,
	  .params = part_params, .param_count = 1,
	  .schema = "{\"fish\":[{\"name\":\"string\",\"state\":"
	  "\"=well|ill\",\"at\":{\"sea\":\"string?\"},\"kilos\":\"int\","
	  "\"scars\":[\"string\"],\"caught\":\"bool\"}],\"seas\":{\"*\":"
	  "{\"salt\":\"int\"}},\"words\":[\"string\"]}" },
	{ .name = "fish.secret", .role = ROLE_ADMIN, .read = never_read,
	  .schema = "{\"fish\":[{\"name\":\"string\"}]}" },
	{ .name = "fish.add", .role = ROLE_OPERATOR, .plan = never_planned,
	  .params = fish_params, .param_count = 4 },
	{ .name = "fish.free", .role = ROLE_OPERATOR, .plan = never_planned,
	  .params = many_params, .param_count = 1 }
};
static const struct service fish = { .name = "fish", .verbs = verbs,
	.verb_count = LENGTH(verbs) };
static const struct service *const services[] = { &fish };
static const struct registry registry = { services, 1 };

struct shelf {
	char			 dir[64];
	char			 over[80];
	struct screen_paths	 paths;
};

static void
put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	struct err	 e;

	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, &e))
		fail_msg("%s", e.msg);
}

static int
shelf_begin(void **state)
{
	struct shelf	*f = calloc(1, sizeof(*f));
	AUTO_FREE char	*en = NULL, *en_over = NULL;
	struct err	 e;

	strncpy(f->dir, "/tmp/screen_load_test.XXXXXX", sizeof(f->dir) - 1);
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->over, sizeof(f->over), "%s/over", f->dir);
	en = str_format("%s/en", f->dir);
	en_over = str_format("%s/en", f->over);
	assert_true(file_make_dirs(en, 0700, &e));
	assert_true(file_make_dirs(en_over, 0700, &e));
	f->paths = (struct screen_paths){ f->over, f->dir, "en" };
	*state = f;
	return 0;
}

static int
shelf_end(void **state)
{
	struct shelf	*f = *state;
	struct err	 e;

	assert_true(file_remove_tree(f->dir, &e));
	free(f);
	return 0;
}

#define HEAD	"schema: 1\nscreen: s\n"
#define TABLE	HEAD "kind: table\nload: fish.list\nrows: fish\n"
#define COLUMN	"columns:\n  - id: name\n"
#define FORM	HEAD "kind: form\nneeds: operator\ncall: fish.add\n"
#define TEXTS	"== title: Fish\nAll of them.\n== name: Name\nIts name.\n" \
	"== sea: Sea\nWhere.\n== deep: Deep\nHow.\n== a: A\nDoes a.\n" \
	"== b: B\nDoes b.\n== part: Part\nOf a name.\n"

static struct screen *
load_ok(const struct shelf *f, const char *yaml)
{
	struct screen	*s;
	struct err	 e;

	put(f->dir, "s.yaml", yaml);
	put(f->dir, "en/s.txt", TEXTS);
	s = screen_load(&f->paths, &registry, "s", &e);
	if (s == NULL)
		fail_msg("%s (%s)", e.msg, e.hint);
	return s;
}

static void
a_table_has_what_its_file_says(void **state)
{
	struct screen *s = load_ok(*state, TABLE
	    "with: { part: { field: part } }\nask: part\nrefresh: 30\n"
	    "mark: state\nmarks: { well: ok, ill: look }\ndetail: scars\n"
	    "columns:\n  - { id: name, width: 20 }\n"
	    "  - { id: sea, from: at.sea, priority: 1 }\n"
	    "  - { id: deep, from: kilos, format: number }\n"
	    "actions:\n"
	    "  - { id: a, key: x, call: fish.free, marks: true, main: true,\n"
	    "      with: { name: { column: name } } }\n"
	    "  - { id: b, key: k, open: s, with: { name: { column: sea } } }\n"
	    "given: [ x? ]\n");

	assert_int_equal(s->kind, SCREEN_TABLE);
	assert_int_equal(s->needs, ROLE_VIEWER);
	assert_string_equal(s->text.label, "Fish");
	assert_string_equal(s->text.help, "All of them.");
	assert_true(str_starts(s->help, "All of them.\n\n"));
	assert_non_null(strstr(s->help, "\n\nSea: Where.\n\n"));
	assert_non_null(strstr(s->help, "\n\nX A: Does a.\n\n"));
	assert_string_equal(s->load.verb, "fish.list");
	assert_int_equal(s->load.with[0].from, FROM_FIELD);
	assert_int_equal(s->refresh_s, 30);
	assert_string_equal(s->ask_text.label, "Part");
	assert_int_equal(s->column_count, 3);
	assert_string_equal(s->columns[0].from, "name");
	assert_int_equal(s->columns[0].width, 20);
	assert_int_equal(s->columns[1].priority, 1);
	assert_string_equal(s->columns[1].from, "at.sea");
	assert_int_equal(s->columns[2].format, FORMAT_NUMBER);
	assert_string_equal(s->columns[1].text.help, "Where.");
	assert_int_equal(s->action_count, 2);
	assert_true(s->actions[0].is_main && s->actions[0].takes_marks);
	assert_true(s->actions[0].call.with[0].many);
	assert_string_equal(s->actions[1].open, "s");
	/* The column's id became the member that it shows. */
	assert_string_equal(s->actions[1].call.with[0].what, "at.sea");
	assert_true(s->given[0].is_optional);
	screen_free(s);
}

static void
a_table_may_say_what_no_rows_mean(void **state)
{
	const struct shelf	*f = *state;
	struct screen		*s = load_ok(f, TABLE COLUMN);
	struct err		 e;

	assert_string_equal(s->empty.label, "");
	screen_free(s);
	put(f->dir, "en/s.txt", TEXTS "== empty: No fish\n");
	s = screen_load(&f->paths, &registry, "s", &e);
	assert_non_null(s);
	assert_string_equal(s->empty.label, "No fish");
	screen_free(s);
}

static void
a_form_has_its_fields_and_their_types(void **state)
{
	struct screen *s = load_ok(*state, FORM "given: [ n ]\nfields:\n"
	    "  - { id: name, initial_given: n, values: { verb: fish.list,\n"
	    "      rows: fish, member: name } }\n"
	    "  - { id: a, param: deep, initial: true }\n"
	    "  - id: sea\n    visible_when: { field: a, is: true }\n"
	    "    initial_from: { verb: fish.list, member: words }\n");

	assert_int_equal(s->kind, SCREEN_FORM);
	assert_string_equal(s->call.verb, "fish.add");
	assert_null(s->load.verb);
	assert_int_equal(s->field_count, 3);
	assert_string_equal(s->fields[0].param, "name");
	assert_string_equal(s->fields[0].initial_given, "n");
	assert_string_equal(s->fields[0].values_member, "name");
	assert_string_equal(s->fields[1].param, "deep");
	assert_string_equal(s->fields[2].visible_field, "a");
	assert_string_equal(s->fields[2].initial_member, "words");
	screen_free(s);
}

static void
items_without_a_key_are_numbered(void **state)
{
	struct screen *s = load_ok(*state, HEAD "kind: menu\nitems:\n"
	    "  - { id: a, open: s }\n  - { id: b, key: x, open: job }\n"
	    "  - { id: sea, open: keys }\n");

	assert_int_equal(s->items[0].key, '1');
	assert_int_equal(s->items[1].key, 'x');
	assert_int_equal(s->items[2].key, '3');
	screen_free(s);
}

static const struct {
	const char	*yaml;
	const char	*says;		/* after "s.yaml:" */
	const char	*hint;		/* a part of it, or NULL */
} mistakes[] = {
	{ "screen: s\nkind: menu\n", "1: schema is missing here", NULL },
	{ "schema: 2\nscreen: s\nkind: menu\n", "1: schema is \"2\", but "
	  "this program reads schema 1", NULL },
	{ "schema: 1\nkind: menu\nitems: []\n", "1: screen is missing here",
	  NULL },
	{ "schema: 1\nscreen: t\nkind: menu\n", "2: This file says it is the "
	  "screen t, but its name says s", NULL },
	{ HEAD "kind: tabel\n", "3: ", "table" },
	{ HEAD "kind: menu\nitmes: []\n", "4: ", "items" },
	{ HEAD "kind: menu\nfields: []\n", "4: A menu has no fields", NULL },
	{ HEAD "kind: menu\n", "1: A menu needs items", NULL },
	{ HEAD "kind: menu\nneeds: root\nitems: []\n", "4: ", "admin" },
	{ HEAD "kind: menu\nitems:\n  - { id: a, open: ss }\n",
	  "5: There is no screen ss", "There are: s" },
	{ HEAD "kind: menu\nitems:\n  - { id: a }\n",
	  "5: open is missing here", NULL },
	{ HEAD "kind: menu\nitems:\n  - { id: A, open: s }\n",
	  "5: \"A\" is no name", NULL },
	{ HEAD "kind: menu\nitems:\n  - { id: a, open: s, key: q }\n",
	  "5: The key q has its own meaning on every screen", NULL },
	{ HEAD "kind: menu\nitems:\n  - { id: a, open: s, key: xy }\n",
	  "5: \"xy\" is no key", NULL },
	{ HEAD "kind: menu\nitems:\n  - { id: a, open: s, key: x }\n"
	  "  - { id: b, open: s, key: x }\n", "6: The key x is bound twice",
	  NULL },
	{ HEAD "kind: menu\nitems:\n  - { id: a, open: s }\n"
	  "  - { id: a, open: s }\n", "6: The id a stands twice", NULL },
	{ HEAD "kind: menu\nitems:\n  - { id: lost, open: s }\n",
	  "5: The section \"== lost: Label\" is missing in en/s.txt", NULL },
	{ HEAD "kind: table\nload: fish.lst\nrows: fish\n" COLUMN,
	  "4: There is no verb fish.lst", "fish.list" },
	{ HEAD "kind: table\nload: fish.add\nrows: fish\n" COLUMN,
	  "4: fish.add changes something", NULL },
	{ HEAD "kind: table\nload: fish.secret\nrows: fish\n" COLUMN,
	  "4: The verb fish.secret needs the role admin", NULL },
	{ HEAD "kind: table\nload: fish.list\nrows: fsh\n" COLUMN,
	  "5: fsh is in no result", "fish" },
	{ HEAD "kind: table\nload: fish.list\nrows: fish\n",
	  "1: A table needs columns", NULL },
	{ TABLE "columns:\n  - { id: nam }\n", "7: nam is in no result",
	  "name" },
	{ TABLE "columns:\n  - { id: name, format: number }\n",
	  "7: name is not of the kind that this format shows", NULL },
	{ TABLE "columns:\n  - { id: name, width: wide }\n",
	  "7: width is \"wide\", but must be a number", NULL },
	{ TABLE "columns:\n  - { id: name, colour: red }\n", "7: ", NULL },
	{ TABLE "columns:\n  - { id: empty, from: name }\n",
	  "7: The id empty stands twice", NULL },
	{ TABLE COLUMN "mark: state\n", "8: mark and marks need each other",
	  NULL },
	{ TABLE COLUMN "mark: state\nmarks: { well: ok }\n",
	  "8: The value ill has no mark", NULL },
	{ TABLE COLUMN "mark: state\nmarks:\n  well: ok\n  dead: look\n",
	  "11: state is never \"dead\"", NULL },
	{ TABLE COLUMN "mark: state\nmarks:\n  well: fine\n", "10: ",
	  "look" },
	{ TABLE COLUMN "mark: stat\nmarks: { well: ok }\n",
	  "8: stat is in no result", "state" },
	{ TABLE COLUMN "detail: scar\n", "8: scar is in no result",
	  "scars" },
	{ TABLE COLUMN "way: state\nways:\n  well: nowhere\n",
	  "10: There is no screen nowhere", NULL },
	{ TABLE COLUMN "way: state\nways:\n  dead: s\n",
	  "10: state is never \"dead\"", NULL },
	{ TABLE COLUMN "with: { prt: { value: x } }\n",
	  "8: The verb fish.list has no parameter prt", "part" },
	{ TABLE COLUMN "with: { part: { field: ask } }\n",
	  "8: There is no field ask", NULL },
	{ TABLE COLUMN "with: { part: { given: ask } }\n",
	  "8: ask is not in the list \"given\"", NULL },
	{ TABLE COLUMN "with: { part: { colum: ask } }\n", "8: ",
	  "column" },
	{ TABLE COLUMN "with: { part: { column: name } }\n",
	  "8: There is no row here", NULL },
	{ TABLE COLUMN "with: { part: { value: x, given: y } }\n",
	  "8: part needs exactly one of", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x }\n",
	  "9: An action needs exactly one of open, call and show", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, open: s }\n",
	  "9: An action needs a letter as its key", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.list }\n",
	  "9: fish.list only reads", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: a, call: fish.add }\n",
	  "9: The key a applies in the preview that this opens", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.add }\n",
	  "9: The verb fish.add needs name, which nothing here gives",
	  NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.add,\n"
	  "      marks: true, with: { name: { column: name } } }\n",
	  "9: fish.add takes one row", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.add,\n"
	  "      with: { name: { column: nam } } }\n",
	  "10: nam is in no result", "name" },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.add,\n"
	  "      with: { name: { column: name }, sea: { value: west } } }\n",
	  "10: sea", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.add,\n"
	  "      with: { name: { column: name }, deep: { value: yes } } }\n",
	  "10: deep is a flag", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, call: fish.add,\n"
	  "      with: { name: { column: name }, key_file: { value: x } } }\n",
	  "10: key_file", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, show: scar }\n",
	  "9: scar is in no result", "scars" },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, open: s, main: true }\n"
	  "  - { id: b, key: k, open: s, main: true }\n",
	  "10: Enter would have two meanings", NULL },
	{ TABLE COLUMN "actions:\n  - { id: a, key: x, open: s, main: 1 }\n",
	  "9: ", NULL },
	{ HEAD "kind: text\nload: fish.list\n"
	  "actions:\n  - { id: a, key: x, show: words }\n",
	  "6: A text has no show", NULL },
	{ HEAD "kind: form\ncall: fish.add\nfields: [ { id: name } ]\n",
	  "4: The verb fish.add needs the role operator", NULL },
	{ HEAD "kind: form\ncall: fish.list\nfields: []\n",
	  "4: fish.list only reads", NULL },
	{ FORM "fields: []\n", "5: The verb fish.add needs name", NULL },
	{ FORM "fields:\n  - { id: nam }\n",
	  "7: The verb fish.add has no parameter nam", "name" },
	{ FORM "fields:\n  - { id: name }\n  - { id: a, param: name }\n",
	  "8: name is given twice", NULL },
	{ FORM "with: { name: { value: x } }\nfields:\n  - { id: name }\n",
	  "8: name is given twice", NULL },
	{ FORM "fields:\n  - id: name\n"
	  "    visible_when: { field: deep, is: true }\n  - id: deep\n",
	  "8: There is no field deep that comes before", NULL },
	{ FORM "fields:\n  - id: name\n  - id: deep\n  - id: sea\n"
	  "    visible_when: { field: deep, is: maybe }\n",
	  "10: deep is never \"maybe\"", NULL },
	{ FORM "fields:\n  - { id: name, initial: x, initial_given: y }\n",
	  "7: A field starts with one of", NULL },
	{ FORM "fields:\n  - { id: name, initial_given: y }\n",
	  "7: y is not in the list \"given\"", NULL },
	{ FORM "fields:\n  - { id: name, initial_from: { verb: fish.list,\n"
	  "      member: no } }\n", "8: no is in no result", NULL },
	{ FORM "fields:\n  - { id: name, values: { verb: fish.list,\n"
	  "      member: name } }\n", "7: rows is missing here", NULL },
	{ FORM "fields:\n  - { id: name, values: { verb: fish.add, rows: x,\n"
	  "      member: name } }\n", "7: fish.add changes something", NULL }
};

static void
each_mistake_is_told_with_its_line(void **state)
{
	const struct shelf	*f = *state;
	struct screen		*s;
	struct err		 e;
	size_t			 i;

	put(f->dir, "en/s.txt", TEXTS);
	for (i = 0; i < LENGTH(mistakes); i++) {
		AUTO_FREE char *says = str_format("%s/s.yaml:%s", f->dir,
		    mistakes[i].says);

		put(f->dir, "s.yaml", mistakes[i].yaml);
		err_clear(&e);
		s = screen_load(&f->paths, &registry, "s", &e);
		if (s != NULL)
			fail_msg("accepted:\n%s", mistakes[i].yaml);
		assert_int_equal(e.domain, ERR_YAML);
		if (!str_starts(e.msg, says))
			fail_msg("\"%s\" is not \"%s\"", e.msg, says);
		if (mistakes[i].hint != NULL &&
		    strstr(e.hint, mistakes[i].hint) == NULL)
			fail_msg("\"%s\" does not say \"%s\" (%s)", e.hint,
			    mistakes[i].hint, e.msg);
	}
}

static void
mistakes_in_the_text_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "hello\n", "en/s.txt:1: expected a line \"== id: Label\"" },
		{ "\n== title\n", "en/s.txt:2: expected" },
		{ "== title: \n", "en/s.txt:1: expected" },
		{ "== Big: x\n", "en/s.txt:1: expected" },
		{ "== title: A\nx\n== title: B\n", "en/s.txt:3: the section "
		  "title stands twice, first at line 1" },
		{ "== title: \xff\n", "en/s.txt is not UTF-8 text" }
	};
	const struct shelf	*f = *state;
	struct err		 e;
	size_t			 i;

	put(f->dir, "s.yaml", HEAD "kind: text\n");
	for (i = 0; i < LENGTH(cases); i++) {
		put(f->dir, "en/s.txt", cases[i].text);
		assert_null(screen_load(&f->paths, &registry, "s", &e));
		if (strstr(e.msg, cases[i].says) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", e.msg,
			    cases[i].says);
	}
}

static void
help_keeps_its_paragraphs(void **state)
{
	const struct shelf	*f = *state;
	struct screen		*s;
	struct err		 e;

	put(f->dir, "s.yaml", HEAD "kind: text\n");
	put(f->dir, "en/s.txt", "\n== title: Two: parts\n\nOne a.b\nline. "
	    "And\nmore.\n\nTwo:\n  an\n  example\n\n\n");
	s = screen_load(&f->paths, &registry, "s", &e);
	assert_non_null(s);
	assert_string_equal(s->text.label, "Two: parts");
	assert_string_equal(s->text.help, "One a.b line. And more.\n\nTwo:\n"
	    "  an\n  example");
	assert_int_equal(screen_lead(s->text.help), strlen("One a.b line"));
	assert_int_equal(screen_lead("None\nmore."), strlen("None"));
	assert_int_equal(screen_lead(""), 0);
	screen_free(s);
}

static void
an_override_wins_and_may_be_only_a_text(void **state)
{
	const struct shelf	*f = *state;
	struct screen		*s;
	struct err		 e;

	put(f->dir, "s.yaml", TABLE COLUMN);
	put(f->dir, "en/s.txt", TEXTS);
	put(f->over, "en/s.txt", "== name: Fish's name\nOurs.\n");
	s = screen_load(&f->paths, &registry, "s", &e);
	assert_non_null(s);
	assert_string_equal(s->columns[0].text.label, "Fish's name");
	assert_string_equal(s->text.label, "Fish");
	screen_free(s);
	put(f->over, "s.yaml", HEAD "kind: text\n");
	s = screen_load(&f->paths, &registry, "s", &e);
	assert_non_null(s);
	assert_int_equal(s->kind, SCREEN_TEXT);
	assert_non_null(strstr(s->file, "/over/s.yaml"));
	screen_free(s);
}

static void
a_translation_that_lacks_a_section_is_english_there(void **state)
{
	struct shelf		*f = *state;
	AUTO_FREE char		*de = str_format("%s/de", f->dir);
	struct screen		*s;
	struct err		 e;

	assert_true(file_make_dirs(de, 0700, &e));
	put(f->dir, "s.yaml", TABLE COLUMN);
	put(f->dir, "en/s.txt", TEXTS);
	put(f->dir, "de/s.txt", "== title: Fische\nAlle.\n");
	f->paths.lang = "de";
	s = screen_load(&f->paths, &registry, "s", &e);
	assert_non_null(s);
	assert_string_equal(s->text.label, "Fische");
	assert_string_equal(s->columns[0].text.label, "Name");
	screen_free(s);
}

static void
a_name_cannot_leave_the_folder(void **state)
{
	const struct shelf	*f = *state;
	struct err		 e;

	put(f->dir, "en/evil.yaml", HEAD "kind: text\n");
	put(f->dir, "home.yaml", HEAD "kind: text\n");
	assert_null(screen_load(&f->paths, &registry, "en/evil", &e));
	assert_string_equal(e.msg, "There is no screen en/evil");
	assert_null(screen_load(&f->paths, &registry, "../x", &e));
	assert_null(screen_load(&f->paths, &registry, "hom", &e));
	assert_string_equal(e.hint, "Did you mean home?");
}

static void
a_folder_without_screens_is_named(void **state)
{
	const struct screen_paths	paths = { NULL, "/nonexistent", "en" };
	struct err			e;

	(void)state;
	assert_null(screen_load(&paths, &registry, "home", &e));
	assert_string_equal(e.msg, "There is no screen home");
	assert_true(str_starts(e.hint, "There are no screens in "
	    "/nonexistent"));
}

static void
the_palette_lists_what_opens_by_name(void **state)
{
	const struct shelf	*f = *state;
	AUTO_JSON json_t	*list = NULL, *want = NULL;
	struct err		 e;

	put(f->dir, "b.yaml", "given: [ x? ]\n");
	put(f->dir, "en/b.txt", "== title: Bees\n");
	put(f->dir, "c.yaml", "given: [ x ]\n");
	put(f->over, "a.yaml", "screen: a\n");
	list = screen_list(&f->paths, &e);
	want = json_pack("[{s:s,s:s},{s:s,s:s}]", "name", "a", "title", "a",
	    "name", "b", "title", "Bees");
	assert_true(json_equal(list, want));
}

static void
rows_are_the_same_whatever_holds_them(void **state)
{
	AUTO_JSON json_t	*result = json_loads("{\"a\":[{\"x\":1}],"
	    "\"m\":{\"one\":{\"x\":1},\"two\":{\"x\":2}},\"w\":[\"p\"],"
	    "\"in\":{\"n\":null}}", 0, NULL);
	struct screen		 s = { .rows = "a" };
	static const struct {
		const char *rows, *want;
	} cases[] = {
		{ "a", "[{\"x\":1}]" },
		{ "m", "[{\"x\":1,\"*\":\"one\"},{\"x\":2,\"*\":\"two\"}]" },
		{ "w", "[{\".\":\"p\"}]" }, { "in.n", "[]" }, { "z.y", "[]" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		AUTO_JSON json_t *rows, *want;

		s.rows = cases[i].rows;
		rows = screen_rows(&s, result);
		want = json_loads(cases[i].want, 0, NULL);
		assert_true(json_equal(rows, want));
	}
}

static void
values_are_shown_as_text(void **state)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{ "s", "x" }, { "n", "7" }, { "f", "no" }, { "z", "" },
		{ "l", "p, q" }, { "o.i.k", "deep" },
		{ "a.f", "x.yml, y.yml" }, { "a", "x.yml 3, y.yml 4" }
	};
	AUTO_JSON json_t *of = json_loads("{\"s\":\"x\",\"n\":7,\"f\":false,"
	    "\"z\":null,\"l\":[\"p\",\"q\"],\"o\":{\"i\":{\"k\":\"deep\"}},"
	    "\"a\":[{\"f\":\"x.yml\",\"l\":3},{\"f\":\"y.yml\",\"l\":4}]}",
	    0, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		AUTO_BUF struct buf	 out = BUF_INIT;
		AUTO_JSON json_t	*v = screen_member(of, cases[i].path);

		screen_value_text(v, &out);
		assert_string_equal(buf_str(&out), cases[i].want);
	}
	assert_null(screen_member(of, "none"));
	assert_null(screen_member(of, "s.t"));
}

static void
marks_and_ways_follow_the_row(void **state)
{
	static const struct screen_marks marks[] = {
		{ "true", MARK_LOOK }, { "false", MARK_OK } };
	static const struct screen_way ways[] = { { "ill", "doctor" } };
	const struct screen	 s = { .mark = "f.bad", .marks = marks,
				    .marks_count = 2, .way = "state",
				    .ways = ways, .way_count = 1 };
	AUTO_JSON json_t	*row = json_loads("{\"f\":{\"bad\":true},"
	    "\"state\":\"ill\"}", 0, NULL);
	AUTO_JSON json_t	*other = json_loads("{\"state\":\"well\"}",
	    0, NULL);

	(void)state;
	assert_int_equal(screen_row_mark(&s, row), MARK_LOOK);
	assert_int_equal(screen_row_mark(&s, other), MARK_NONE);
	assert_string_equal(screen_row_way(&s, row), "doctor");
	assert_null(screen_row_way(&s, other));
}

static void
parameters_come_from_rows_fields_and_what_was_given(void **state)
{
	static const struct screen_with with[] = {
		{ "all", FROM_COLUMN, "m", PARAM_MAIL, true },
		{ "one", FROM_COLUMN, "m", PARAM_MAIL, false },
		{ "typed", FROM_FIELD, "f", PARAM_TEXT, false },
		{ "told", FROM_GIVEN, "g", PARAM_TEXT, false },
		{ "flag", FROM_VALUE, "true", PARAM_FLAG, false },
		{ "text", FROM_VALUE, "true", PARAM_TEXT, false },
		{ "none", FROM_GIVEN, "not_there", PARAM_TEXT, false },
		{ "null", FROM_COLUMN, "z", PARAM_TEXT, false }
	};
	AUTO_JSON json_t *rows = json_loads("[{\"m\":\"a\",\"z\":null},"
	    "{\"m\":\"b\"}]", 0, NULL);
	AUTO_JSON json_t *fields = json_pack("{s:s}", "f", "F");
	AUTO_JSON json_t *given = json_pack("{s:s}", "g", "G");
	AUTO_JSON json_t *got = NULL, *want = NULL, *empty = NULL;
	struct screen_values values = { rows, fields, given };

	(void)state;
	got = screen_with_fill(with, LENGTH(with), &values);
	want = json_loads("{\"all\":[\"a\",\"b\"],\"one\":\"a\",\"typed\":"
	    "\"F\",\"told\":\"G\",\"flag\":true,\"text\":\"true\"}", 0, NULL);
	assert_true(json_equal(got, want));
	empty = screen_with_fill(with, 4, &(struct screen_values){ 0 });
	assert_int_equal(json_object_size(empty), 0);
}

static void
lint_holds_screens_against_each_other(void **state)
{
	static const char *const says[] = {
		"home.yaml: a has no help",
		"home.yaml: a opens t with y, which it does not take",
		"home.yaml: a opens t without x, which it needs",
		"home.yaml: b opens job without id, which it needs",
		"en/home.txt:4: nothing is named spare",
		"/Big.yaml belongs to no screen",
		"en/gone.txt belongs to no screen",
		"w.yaml:1: "
	};
	static const char	 alone[] = "Nothing opens the screen s";
	const struct shelf	*f = *state;
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e;
	size_t			 i;

	put(f->dir, "home.yaml", "schema: 1\nscreen: home\nkind: menu\n"
	    "items:\n  - { id: a, open: t, with: { y: { value: v } } }\n"
	    "  - { id: b, open: job }\n");
	put(f->dir, "en/home.txt", "== title: Home\nHelp.\n== a: A\n"
	    "== spare: Spare\nx\n== b: B\nHelp.\n");
	put(f->dir, "s.yaml", HEAD "kind: text\n");
	put(f->dir, "en/s.txt", "== title: S\nHelp.\n");
	put(f->dir, "t.yaml", "schema: 1\nscreen: t\nkind: text\n"
	    "given: [ x ]\n");
	put(f->dir, "en/t.txt", "== title: T\nHelp.\n");
	put(f->dir, "w.yaml", "kind: text\n");
	put(f->dir, "Big.yaml", "");
	put(f->dir, "en/gone.txt", "");
	assert_true(screen_lint(&f->paths, &registry, &out, &e));
	for (i = 0; i < LENGTH(says); i++)
		if (strstr(buf_str(&out), says[i]) == NULL)
			fail_msg("\"%s\" is not said in:\n%s", says[i],
			    buf_str(&out));
	/* It could be w that does. */
	assert_null(strstr(buf_str(&out), alone));
	put(f->dir, "w.yaml", "schema: 1\nscreen: w\nkind: text\n");
	put(f->dir, "en/w.txt", "== title: W\nHelp.\n");
	buf_reset(&out);
	assert_true(screen_lint(&f->paths, &registry, &out, &e));
	assert_non_null(strstr(buf_str(&out), alone));
}

int
main(void)
{
#define SHELF(t)	cmocka_unit_test_setup_teardown(t, shelf_begin, \
	shelf_end)
	const struct CMUnitTest tests[] = {
		SHELF(a_table_has_what_its_file_says),
		SHELF(a_table_may_say_what_no_rows_mean),
		SHELF(a_form_has_its_fields_and_their_types),
		SHELF(items_without_a_key_are_numbered),
		SHELF(each_mistake_is_told_with_its_line),
		SHELF(mistakes_in_the_text_are_told_with_their_line),
		SHELF(help_keeps_its_paragraphs),
		SHELF(an_override_wins_and_may_be_only_a_text),
		SHELF(a_translation_that_lacks_a_section_is_english_there),
		SHELF(a_name_cannot_leave_the_folder),
		cmocka_unit_test(a_folder_without_screens_is_named),
		SHELF(the_palette_lists_what_opens_by_name),
		cmocka_unit_test(rows_are_the_same_whatever_holds_them),
		cmocka_unit_test(values_are_shown_as_text),
		cmocka_unit_test(marks_and_ways_follow_the_row),
		cmocka_unit_test(
		    parameters_come_from_rows_fields_and_what_was_given),
		SHELF(lint_holds_screens_against_each_other)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
