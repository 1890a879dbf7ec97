/*
 * Lists of mails from spreadsheets: what is read, and which line is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../src/services/admins/admins.h"

/* What was read, as "line=mail" or "line!reason", joined by spaces. */
static void
reads(const char *text, const char *wanted)
{
	AUTO_CSV_MAILS struct csv_mails c = { NULL, 0, 0 };
	AUTO_BUF struct buf	 got = BUF_INIT;
	struct err		 e;
	size_t			 i;

	assert_true(csv_mails_read(text, &c, &e));
	for (i = 0; i < c.count; i++)
		buf_printf(&got, "%s%zu%c%s", i > 0 ? " " : "",
		    c.items[i].line, c.items[i].bad != NULL ? '!' : '=',
		    c.items[i].bad != NULL ? c.items[i].bad :
		    c.items[i].mail);
	assert_string_equal(buf_str(&got), wanted);
}

static void
a_plain_list_of_mails(void **state)
{
	(void)state;
	reads("", "");
	reads("\n\n", "");
	reads("a@b.c", "1=a@b.c");
	reads("a@b.c\nd@e.f\n", "1=a@b.c 2=d@e.f");
	reads("  a@b.c  \n", "1=a@b.c");
}

static void
a_header_names_the_column(void **state)
{
	(void)state;
	reads("mail\na@b.c\n", "2=a@b.c");
	reads("name,E-Mail,dept\nKim,a@b.c,x\nLee,d@e.f,y\n",
	    "2=a@b.c 3=d@e.f");
	reads("Name, EMAIL \nKim, a@b.c\n", "2=a@b.c");
	reads("a@b.c,Kim\nd@e.f,Lee\n", "1=a@b.c 2=d@e.f");
}

static void
what_spreadsheets_write(void **state)
{
	(void)state;
	reads("\xef\xbb\xbfmail\r\na@b.c\r\n", "2=a@b.c");
	reads("name;mail\r\nKim;a@b.c\r\n", "2=a@b.c");
	reads("name,mail\r\n\"Berg, Kim\",\"a@b.c\"\r\n", "2=a@b.c");
	reads("name,mail\n\"Kim \"\"K\"\" Berg\",a@b.c\n", "2=a@b.c");
	reads("mail\r\n\r\na@b.c\r\n\r\n", "3=a@b.c");
}

static void
a_line_break_inside_quotes_counts_as_a_line(void **state)
{
	(void)state;
	reads("name,mail\n\"Kim\nBerg\",a@b.c\nLee,d@e.f\n",
	    "2=a@b.c 4=d@e.f");
}

static void
malformed_lines_are_told_by_number(void **state)
{
	(void)state;
	reads("mail\nnobody\na@b.c\n", "2!\"nobody\" is no mail 3=a@b.c");
	reads("mail\na b@c.d\n", "2!\"a b@c.d\" is no mail");
	reads("mail\na@b@c\n@b\na@\n", "2!\"a@b@c\" is no mail "
	    "3!\"@b\" is no mail 4!\"a@\" is no mail");
	reads("name,mail\nKim\nLee,d@e.f\n",
	    "2!no mail in its column 3=d@e.f");
	reads("name,mail\nKim,\n", "2!no mail in its column");
	reads("mail\n\"a@b.c\nd@e.f\n", "2!a quote is not closed 3=d@e.f");
	reads("mail\n\"a@b.c\"x\nd@e.f\n",
	    "2!text after a closing quote 3=d@e.f");
	reads("mail\na\"@b.c\nd@e.f\n",
	    "2!a quote inside an unquoted cell 3=d@e.f");
}

static void
bytes_that_are_no_text_are_no_mail(void **state)
{
	AUTO_CSV_MAILS struct csv_mails c = { NULL, 0, 0 };
	struct err	 e;

	(void)state;
	assert_true(csv_mails_read("mail\na\x80@b.c\na\x1b@b.c\n", &c, &e));
	assert_int_equal(c.count, 2);
	assert_non_null(c.items[0].bad);
	assert_non_null(c.items[1].bad);
}

static void
a_line_with_very_many_cells_is_refused(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_CSV_MAILS struct csv_mails c = { NULL, 0, 0 };
	struct err		 e;
	int			 i;

	(void)state;
	buf_puts(&text, "a@b.c\n");
	for (i = 0; i < 100; i++)
		buf_puts(&text, "x,");
	buf_puts(&text, "\nd@e.f\n");
	assert_true(csv_mails_read(buf_str(&text), &c, &e));
	assert_int_equal(c.count, 3);
	assert_null(c.items[0].bad);
	assert_string_equal(c.items[1].bad, "more than 64 cells");
	assert_string_equal(c.items[2].mail, "d@e.f");
}

static void
exported_cells_come_back_and_run_no_formula(void **state)
{
	AUTO_BUF struct buf	 out = BUF_INIT;

	(void)state;
	csv_cell(&out, "a@b.c", true);
	csv_cell(&out, "Berg, \"Kim\"", false);
	csv_cell(&out, "", false);
	csv_cell(&out, "=1+1", false);
	assert_string_equal(buf_str(&out),
	    "a@b.c,\"Berg, \"\"Kim\"\"\",,\"'=1+1\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_list_of_mails),
		cmocka_unit_test(a_header_names_the_column),
		cmocka_unit_test(what_spreadsheets_write),
		cmocka_unit_test(a_line_break_inside_quotes_counts_as_a_line),
		cmocka_unit_test(malformed_lines_are_told_by_number),
		cmocka_unit_test(bytes_that_are_no_text_are_no_mail),
		cmocka_unit_test(a_line_with_very_many_cells_is_refused),
		cmocka_unit_test(exported_cells_come_back_and_run_no_formula),
	};

	return cmocka_run_group_tests_name("lists of mails", tests, NULL,
	    NULL);
}
