#include "edit_check.h"

#define SET(before, key, value, after) \
	edit_gives(&doc_ini, before, DOC_SET, key, value, after)
#define UNSET(before, key, after) \
	edit_gives(&doc_ini, before, DOC_UNSET, key, NULL, after)
#define OUT(before, key, reason, after) \
	edit_gives(&doc_ini, before, DOC_COMMENT_OUT, key, reason, after)
#define READS(text, key, value)	reads_as(&doc_ini, text, key, value)

static void
sections_compare_without_case_and_the_last_wins(void **state)
{
	(void)state;
	READS("[Config]\nA=1\n", "config/A", "1");
	READS("[Config]\nA=1\n", "config/a", NULL);
	READS("[Config]\nA=1\n[X]\nA=5\n[CONFIG]\nA=2\n", "Config/A", "2");
	READS("[Config]\nA=1\n[ config ] ; again\nB=2\n", "Config/A", "1");
	READS("A=0\n[Config]\nA=1\n", "/A", "0");
	READS("[Config]\nA=1\n", "A", NULL);
}

static void
values_keep_what_looks_like_syntax(void **state)
{
	(void)state;
	READS("[S]\nA=x=y;z # n\n", "S/A", "x=y;z # n");
	READS("[S]\r\n A = \tx y \t\r\n", "S/A", "x y");
	READS("[S]\nA=\n", "S/A", "");
	READS("[S]\n;A=1\n #A=2\nno entry\n=5\n", "S/A", NULL);
	READS("\xEF\xBB\xBF[S]\nA=\"q\"", "S/A", "\"q\"");
}

static void
doubtful_files_are_refused_with_the_line(void **state)
{
	(void)state;
	unreadable(&doc_ini, "A=1\n[S\n", 7, "Line 2");
	unreadable(&doc_ini, "A=1\n[S] x\n", 10, "Line 2");
	unreadable(&doc_ini, "A=1\nB=\0\n", 8, "Line 2");
}

static void
setting_changes_only_the_value(void **state)
{
	(void)state;
	SET("; \xff\n[S]\nA = 1 \t\r\n", "s/A", "2",
	    "; \xff\n[S]\nA = 2 \t\r\n");
	SET("[S]\nA=1\n[s]\nA=2\n", "S/A", "3", "[S]\nA=1\n[s]\nA=3\n");
	SET("[S]\nA=", "S/A", "3", "[S]\nA=3");
	SET("[S]\nA=1\n", "S/A", "", "[S]\nA=\n");
	SET("A=1\n[S]\nA=1\n", "/A", "2", "A=2\n[S]\nA=1\n");
	SET("[S]\nA=1\n", "S/A", "1", "[S]\nA=1\n");
}

static void
absent_key_goes_behind_the_last_entry_of_the_last_section(void **state)
{
	(void)state;
	SET("[S]\nA=1\n\n; next\n[T]\nB=1\n", "S/K", "x",
	    "[S]\nA=1\nK=x\n\n; next\n[T]\nB=1\n");
	SET("[S]\nA=1\n[T]\n[s]\nC = 1\n", "S/K", "x",
	    "[S]\nA=1\n[T]\n[s]\nC = 1\nK = x\n");
	SET("[S]\r\n; nothing yet\r\n", "S/K", "x",
	    "[S]\r\nK=x\r\n; nothing yet\r\n");
	SET("[S]\r\nA=1", "S/K", "x", "[S]\r\nA=1\r\nK=x");
	SET("[S]", "S/K", "x", "[S]\nK=x");
	SET("A=1\n[S]\n", "/K", "x", "A=1\nK=x\n[S]\n");
	SET("\xEF\xBB\xBF[S]\n", "/K", "x", "\xEF\xBB\xBFK=x\n[S]\n");
	SET("", "/K", "x", "K=x\n");
}

static void
unset_takes_the_key_from_every_such_section(void **state)
{
	(void)state;
	UNSET("[S]\nA=1\n;A=2\n[T]\nA=5\n[s]\nA=2", "S/A",
	    "[S]\n;A=2\n[T]\nA=5\n[s]\n");
	UNSET("[S]\nB=1\n", "S/A", "[S]\nB=1\n");
	OUT("[S]\r\nA=1\r\nB=1\r\n", "S/A", "not here",
	    "[S]\r\n; not here\r\n;A=1\r\nB=1\r\n");
}

static void
unsafe_edits_are_refused_by_name(void **state)
{
	const char *text = "[S]\nA=1\n";

	(void)state;
	edit_refused(&doc_ini, text, DOC_SET, "T/A", "x", "T/A");
	edit_refused(&doc_ini, text, DOC_SET, "A", "x", "section/key");
	edit_refused(&doc_ini, text, DOC_SET, "S/", "x", "S/");
	edit_refused(&doc_ini, text, DOC_UNSET, "S/", NULL, "S/");
	edit_refused(&doc_ini, text, DOC_SET, "S/a=b", "x", "S/a=b");
	edit_refused(&doc_ini, text, DOC_SET, "S/[b", "x", "S/[b");
	edit_refused(&doc_ini, text, DOC_SET, "S/A", " x", "S/A");
	edit_refused(&doc_ini, text, DOC_SET, "S/A", "x\nB=1", "S/A");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    sections_compare_without_case_and_the_last_wins),
		cmocka_unit_test(values_keep_what_looks_like_syntax),
		cmocka_unit_test(doubtful_files_are_refused_with_the_line),
		cmocka_unit_test(setting_changes_only_the_value),
		cmocka_unit_test(
		    absent_key_goes_behind_the_last_entry_of_the_last_section),
		cmocka_unit_test(unset_takes_the_key_from_every_such_section),
		cmocka_unit_test(unsafe_edits_are_refused_by_name),
	};

	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
