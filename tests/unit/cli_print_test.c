/*
 * What a person sees: tables, lines, plans and help.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/cli/parts.h"
#include "cli_toy.h"
#include "stconsole/mem.h"

static void
assert_printed(const char *view, const char *json, size_t columns,
    const char *expected)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_JSON json_t	*j = json_loads(json, JSON_DECODE_ANY, NULL);
	struct verb		 v = { .name = "toy", .view = view };

	assert_non_null(j);
	print_result(&v, j, columns, &b);
	assert_string_equal(buf_str(&b), expected);
}

static void
a_view_becomes_a_table(void **state)
{
	(void)state;
	assert_printed("toys: name=Name,owner.mail=Owner,tags=Tags",
	    "{\"toys\":[{\"name\":\"bear\",\"owner\":{\"mail\":\"k@c\"},"
	    "\"tags\":[\"a\",\"b\"]},{\"name\":\"x\",\"owner\":null}]}", 0,
	    "Name  Owner  Tags\n"
	    "bear  k@c    a, b\n"
	    "x\n");
	assert_printed("toys: name=Name", "{\"toys\":[]}", 0, "None.\n");
}

static void
wide_characters_keep_the_columns_straight(void **state)
{
	(void)state;
	assert_printed("t: a=A,b=B", "{\"t\":["
	    "{\"a\":\"\xe6\xbc\xa2\xe5\xad\x97\",\"b\":1},"
	    "{\"a\":\"e\xcc\x81\",\"b\":true}]}", 0,
	    "A     B\n"
	    "\xe6\xbc\xa2\xe5\xad\x97  1\n"
	    "e\xcc\x81     yes\n");
}

static void
a_table_fits_the_terminal_and_hides_nothing(void **state)
{
	(void)state;
	assert_printed("t: a=Name,b=Long", "{\"t\":[{\"a\":\"one\",\"b\":"
	    "\"0123456789012345678901234567890\"}]}", 20,
	    "Name  Long\n"
	    "one   01234567890123\n"
	    "      45678901234567\n"
	    "      890\n");
	assert_printed("t: a=A,b=Why", "{\"t\":[{\"a\":1,\"b\":"
	    "\"unknown: no deployment found\"}]}", 18,
	    "A  Why\n"
	    "1  unknown: no\n"
	    "   deployment\n"
	    "   found\n");
}

static void
ids_and_mails_stay_whole_when_text_can_wrap(void **state)
{
	(void)state;
	assert_printed("t: id=Job,who=Who,what=What", "{\"t\":[{\"id\":"
	    "\"20261124T233439Z-0a1b2c3d\",\"who\":"
	    "\"kim.admin@sametime.corp.test\",\"what\":"
	    "\"add three people and take two away\"}]}", 76,
	    "Job                        Who                           What\n"
	    "20261124T233439Z-0a1b2c3d  kim.admin@sametime.corp.test  "
	    "add three people\n"
	    "                                                         "
	    "and take two away\n");
	/* A time has two words; ids stay whole before anything else. */
	assert_printed("t: resource=Resource,since=Since,job=Job", "{\"t\":["
	    "{\"resource\":\"mongo:meeting.administrators\",\"since\":"
	    "\"2026-11-24T23:34:39.120Z\",\"job\":"
	    "\"20261124T233439Z-0a1b2c3d\"}]}", 59,
	    "Resource              Since       Job\n"
	    "mongo:meeting.admini  2026-11-24  20261124T233439Z-0a1b2c3d\n"
	    "strators              23:34:39Z\n");
	/* Where no column has a space the longest word gives way. */
	assert_printed("t: id=Id,path=Path", "{\"t\":[{\"id\":\"12345678\","
	    "\"path\":\"/srv/sametime/custom.env\"}]}", 24,
	    "Id        Path\n"
	    "12345678  /srv/sametime/\n"
	    "          custom.env\n");
}

static void
other_members_stand_below_the_table(void **state)
{
	(void)state;
	assert_printed("t: a=A", "{\"when\":\"now\",\"t\":[{\"a\":1}],"
	    "\"journal\":[1,2,3]}", 0,
	    "A\n1\n\nwhen:    now\njournal: 3 (--json shows them)\n");
}

static void
without_view_there_are_lines(void **state)
{
	(void)state;
	assert_printed(NULL, "{\"name\":\"x\",\"longer\":7,\"none\":null,"
	    "\"list\":[\"a\",\"b\"],\"empty\":[],\"in\":{\"deep\":false},"
	    "\"rows\":[{\"a\":1,\"b\":{\"c\":2}},{\"a\":3}]}", 0,
	    "name:   x\n"
	    "longer: 7\n"
	    "none:\n"
	    "list:\n"
	    "  - a\n"
	    "  - b\n"
	    "empty:  none\n"
	    "in:\n"
	    "  deep: no\n"
	    "rows:\n"
	    "  - a: 1\n"
	    "    b:\n"
	    "      c: 2\n"
	    "  - a: 3\n");
}

static void
what_says_nothing_is_left_out(void **state)
{
	(void)state;
	assert_printed("t: a=A", "{\"t\":[{\"a\":1}],\"more\":false,"
	    "\"damaged\":[],\"problems\":[]}", 0, "A\n1\n");
	assert_printed("t: a=A", "{\"t\":[{\"a\":1}],\"more\":true}", 0,
	    "A\n1\n\nmore: yes\n");
	assert_printed(NULL, "{\"name\":\"x\",\"problems\":[],\"more\":"
	    "false,\"rows\":[{\"a\":1,\"notes\":[]}],\"keys\":[]}", 0,
	    "name: x\n"
	    "rows:\n"
	    "  - a: 1\n"
	    "keys: none\n");
	assert_printed(NULL, "{\"problems\":[]}", 0, "None.\n");
	assert_printed(NULL, "[]", 0, "None.\n");
}

static void
a_fact_says_where_it_was_read(void **state)
{
	(void)state;
	assert_printed(NULL, "{\"version\":{\"value\":\"12.0.2\",\"file\":"
	    "\".env\",\"line\":3},\"kind\":{\"value\":\"docker\",\"file\":"
	    "null,\"line\":0}}", 0,
	    "version: 12.0.2  (.env:3)\n"
	    "kind:    docker\n");
}

static void
text_of_several_lines_is_indented(void **state)
{
	(void)state;
	assert_printed(NULL, "{\"diff\":\"-a\\n+b\\n\"}", 0,
	    "diff:\n  -a\n  +b\n");
	assert_printed(NULL, "{\"text\":\"a\\r\\nb\\rc\\r\\n\"}", 0,
	    "text:\n  a\n  b?c\n");
}

static void
text_from_outside_cannot_steer_the_terminal(void **state)
{
	(void)state;
	assert_printed(NULL, "{\"a\\u001b[2J\":\"x\\u001b]0;t\\u0007\"}", 0,
	    "a?[2J: x?]0;t?\n");
	assert_printed("t: a=A", "{\"t\":[{\"a\":\"x\\u009b31m\\ny\"}]}", 0,
	    "A\nx?31m y\n");
	assert_printed(NULL, "{\"m\":\"a\\u001b[1m\\nb\"}", 0,
	    "m:\n  a?[1m\n  b\n");
}

static void
a_raw_view_gives_the_bare_text(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT, beside = BUF_INIT;
	AUTO_JSON json_t	*j = json_pack("{s:s, s:s, s:b}", "format",
	    "csv", "text", "a,b\r\n\xc3\xa9,\t\x1b\r\n", "unverified", 1);
	struct verb		 v = { .name = "toy", .view = "raw: text" };

	(void)state;
	assert_true(print_is_raw(&v));
	assert_true(print_raw(&v, j, &b, &beside));
	assert_string_equal(buf_str(&b), "a,b\r\n\xc3\xa9,\t\x1b\r\n");
	assert_string_equal(buf_str(&beside), "unverified: yes\n");
	buf_reset(&b);
	json_object_set_new(j, "text", json_string("no end"));
	assert_true(print_raw(&v, j, &b, &beside));
	assert_string_equal(buf_str(&b), "no end\n");
	v.view = "text: a=A";
	assert_false(print_is_raw(&v));
	assert_false(print_raw(&v, j, &b, &beside));
}

static void
a_plan_shows_steps_notes_and_its_command(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_JSON json_t	*plan = json_loads("{\"hash\":\"1a2b3c4d5e6f"
	    "\",\"empty\":false,\"steps\":[{\"id\":\"1\",\"kind\":\"write\","
	    "\"title\":\"Change custom.env\",\"risk\":\"low\",\"undo\":"
	    "\"the old line\",\"diff\":\"-A=1\\r\\n+A=2\\u001b\\r\\n\"},"
	    "{\"id\":\"2\",\"kind\":\"run\",\"title\":\"Restart nginx\","
	    "\"risk\":\"none\",\"undo\":\"-\",\"argv\":[\"docker\","
	    "\"restart\",\"a b\"]}],\"notes\":[\"Calls drop\"],"
	    "\"blocked\":[]}", 0, NULL);

	(void)state;
	print_plan(plan, "stconsole --yes=1a2b3c4d config set", &b);
	assert_string_equal(buf_str(&b),
	    "Plan 1a2b3c4d\n"
	    "  1. write  Change custom.env\n"
	    "       -A=1\n"
	    "       +A=2?\n"
	    "       undo: the old line\n"
	    "       risk: low\n"
	    "  2. run    Restart nginx\n"
	    "       $ docker restart 'a b'\n"
	    "Note: Calls drop\n"
	    "To apply exactly this: stconsole --yes=1a2b3c4d config set\n");
}

static void
every_reason_of_a_blocked_plan_is_shown(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_JSON json_t	*plan = json_loads("{\"hash\":\"\",\"steps\":"
	    "[],\"notes\":[],\"blocked\":[{\"message\":\"Line 2: no\","
	    "\"hint\":\"\"},{\"message\":\"Line 5: no\",\"hint\":\"Ask\"}]}",
	    0, NULL);

	(void)state;
	print_plan(plan, NULL, &b);
	assert_string_equal(buf_str(&b), "Blocked: Line 2: no\n"
	    "Blocked: Line 5: no\n  Ask\n");
}

static void
the_progress_line_leaves_nothing_behind(void **state)
{
	struct cli_progress		 p;
	struct progress_event		 ev = {
		.job = "j", .step = 1, .steps = 2, .title = "Copy",
		.phase = "act", .done = 10, .total = 40, .unit = "documents",
		.per_second = 5, .left_s = 6
	};
	AUTO_FREE char			*text = NULL;
	size_t				 len;
	FILE				*f = open_memstream(&text, &len);

	(void)state;
	cli_progress_init(&p, PROGRESS_LINE, f, 80);
	p.progress.report(p.progress.arg, &ev);
	ev.title = "End";
	ev.total = ev.done = 0;
	ev.per_second = 0;
	ev.left_s = -1;
	p.progress.report(p.progress.arg, &ev);
	cli_progress_clear(&p);
	cli_progress_clear(&p);
	fclose(f);
	assert_string_equal(text,
	    "\r1/2 Copy: 10 of 40 documents, 5/s, 6 s left"
	    "\r1/2 End                                    "
	    "\r       \r");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_becomes_a_table),
		cmocka_unit_test(wide_characters_keep_the_columns_straight),
		cmocka_unit_test(a_table_fits_the_terminal_and_hides_nothing),
		cmocka_unit_test(ids_and_mails_stay_whole_when_text_can_wrap),
		cmocka_unit_test(other_members_stand_below_the_table),
		cmocka_unit_test(without_view_there_are_lines),
		cmocka_unit_test(what_says_nothing_is_left_out),
		cmocka_unit_test(a_fact_says_where_it_was_read),
		cmocka_unit_test(text_of_several_lines_is_indented),
		cmocka_unit_test(text_from_outside_cannot_steer_the_terminal),
		cmocka_unit_test(a_raw_view_gives_the_bare_text),
		cmocka_unit_test(a_plan_shows_steps_notes_and_its_command),
		cmocka_unit_test(every_reason_of_a_blocked_plan_is_shown),
		cmocka_unit_test(the_progress_line_leaves_nothing_behind),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
