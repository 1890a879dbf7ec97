#include "edit_check.h"

#include <stdint.h>

#define SET(before, key, value, after) \
	edit_gives(&doc_env, before, DOC_SET, key, value, after)
#define UNSET(before, key, after) \
	edit_gives(&doc_env, before, DOC_UNSET, key, NULL, after)
#define OUT(before, key, reason, after) \
	edit_gives(&doc_env, before, DOC_COMMENT_OUT, key, reason, after)
#define READS(text, key, value)	reads_as(&doc_env, text, key, value)

static void
values_read_as_compose_reads_them(void **state)
{
	(void)state;
	READS("A=1\nA=2\n", "A", "2");
	READS("A=1", "A", "1");
	READS("  export A = x y  \n", "A", "x y");
	READS("A: x\n", "A", "x");
	READS("A=x # note\n", "A", "x");
	READS("A=x#no note\n", "A", "x#no note");
	READS("A= # value\n", "A", "# value");
	READS("A=\n", "A", "");
	READS("A=\r\nB=1\r\n", "B", "1");
	READS("\xEF\xBB\xBF" "A=1\n", "A", "1");
	READS("#A=1\n # A=2\n", "A", NULL);
	READS("A\n", "A", NULL);
	READS("A=mongodb://u:p@h/?a=b&c=d\n", "A",
	    "mongodb://u:p@h/?a=b&c=d");
	READS("# \xff\xfe caf\xe9\nA=\xc3\xa9\n", "A", "\xc3\xa9");
}

static void
quotes_read_as_compose_reads_them(void **state)
{
	(void)state;
	READS("A='x # $B \\n'\n", "A", "x # $B \\n");
	READS("A='it\\'s'\n", "A", "it's");
	READS("A=\"a\\tb\\\"c\\\\d\\qe\" # note\n", "A", "a\tb\"c\\d\\qe");
	READS("A=\"one\ntwo=2\n#three\"\nB=1\n", "A", "one\ntwo=2\n#three");
	READS("A=\"one\ntwo=2\n\"\nB=1\n", "two", NULL);
	READS("A=\"\\0101\\0351\\08\"\n", "A", "A\xc3\xa9\\8");
	READS("A=\"x\" B=y\n", "B", "y");
}

static void
references_stay_text(void **state)
{
	(void)state;
	READS("A=$B/x\n", "A", "$B/x");
	READS("A=\"${B:-$$c}\"\n", "A", "${B:-$$c}");
	READS("A=a$$b$5\n", "A", "a$b$5");
	READS("A=\"\\$B\"\n", "A", "$B");
}

static void
broken_files_are_refused_with_line_and_column(void **state)
{
	const char *nul = "A=x\0y\n";

	(void)state;
	unreadable(&doc_env, "A=1\nB !=2\n", 10, "Line 2, column 3");
	unreadable(&doc_env, "A B=1\n", 6, "Line 1, column 2");
	unreadable(&doc_env, "=1\n", 3, "name is missing");
	unreadable(&doc_env, "\nA=\"x\n", 6, "Line 2, column 3");
	unreadable(&doc_env, nul, 6, "NUL");
}

static void
setting_changes_only_the_value(void **state)
{
	(void)state;
	SET("# a\nA=1 # why\nB=2\n", "A", "9", "# a\nA=9 # why\nB=2\n");
	SET("A=1\nA=2\nB=3\n", "A", "9", "A=1\nA=9\nB=3\n");
	SET("export A = 1  \t\r\nB=2\r\n", "A", "9",
	    "export A = 9  \t\r\nB=2\r\n");
	SET("A=", "A", "9", "A=9");
	SET("A= \nB", "A", "9", "A=9 \nB");
	SET("A=x # note\n", "A", "", "A='' # note\n");
	SET("A=x\n", "A", "", "A=\n");
	SET("\xEF\xBB\xBF" "A=1\n", "A", "2", "\xEF\xBB\xBF" "A=2\n");
	SET("# caf\xe9 \xff\nA=1\n", "A", "2", "# caf\xe9 \xff\nA=2\n");
}

static void
quotes_are_kept_and_added_when_needed(void **state)
{
	(void)state;
	SET("A='1'\n", "A", "2", "A='2'\n");
	SET("A=\"1\"\n", "A", "a\"b", "A=\"a\\\"b\"\n");
	SET("A=\"1\"\n", "A", "$b", "A='$b'\n");
	SET("A=1\n", "A", "a b", "A=a b\n");
	SET("A=1\n", "A", " a", "A=' a'\n");
	SET("A=1\n", "A", "a #b", "A='a #b'\n");
	SET("A=1\n", "A", "pa$$wd", "A='pa$$wd'\n");
	SET("A=1\n", "A", "a$5", "A=a$5\n");
	SET("A=1\n", "A", "'a'", "A='\\'a\\''\n");
	SET("A='1'\n", "A", "a\\", "A=\"a\\\\\"\n");
	SET("A=1\n", "A", "$a\\", "A=\"\\$a\\\\\"\n");
	SET("A=1\n", "A", "a\nb", "A=\"a\\nb\"\n");
}

static void
equal_value_changes_nothing(void **state)
{
	(void)state;
	SET("A='1'\n", "A", "1", "A='1'\n");
	SET("A=\"a\\nb\"", "A", "a\nb", "A=\"a\\nb\"");
	UNSET("A=1\n", "B", "A=1\n");
	OUT("A=1\n", "B", "why", "A=1\n");
}

static void
absent_key_is_added_behind_its_example(void **state)
{
	(void)state;
	SET("#K=1\r\n#K=2\r\nA=1\r\n", "K", "x",
	    "#K=1\r\n#K=2\r\nK=x\r\nA=1\r\n");
	SET("# export K = 1\nA=1\n", "K", "x",
	    "# export K = 1\nK=x\nA=1\n");
	SET("#KK=1\n#xK=2\n# see K\nA=1\n", "K", "x",
	    "#KK=1\n#xK=2\n# see K\nA=1\nK=x\n");
	SET("A=\"\n#K=1\n\"\nB=1\n", "K", "x", "A=\"\n#K=1\n\"\nB=1\nK=x\n");
	SET("K\nA=1\n", "K", "x", "K\nK=x\nA=1\n");
}

static void
absent_key_is_added_at_the_end(void **state)
{
	(void)state;
	SET("", "K", "x", "K=x\n");
	SET("\xEF\xBB\xBF", "K", "x", "\xEF\xBB\xBF" "K=x\n");
	SET("A=1", "K", "x", "A=1\nK=x");
	SET("A=1\r\nB=2", "K", "x", "A=1\r\nB=2\r\nK=x");
	SET("A=1\r\n", "K", "x", "A=1\r\nK=x\r\n");
}

static void
unset_leaves_no_value_behind(void **state)
{
	(void)state;
	UNSET("A=1\n# b\nB=2 # c\nC=3\n", "B", "A=1\n# b\nC=3\n");
	UNSET("K=1\nA=1\nK=2\n#K=3\nK=4", "K", "A=1\n#K=3\n");
	UNSET("\xEF\xBB\xBF" "A=1\n", "A", "\xEF\xBB\xBF");
	UNSET("A=\"x\ny\" # n\nB=1\n", "A", "B=1\n");
	UNSET("A.B=1\nA=2\n", "A", "A.B=1\n");
}

static void
commented_out_entry_stays_with_its_reason(void **state)
{
	(void)state;
	OUT("A=1\r\nB=2\r\n", "B", "moved to custom.env",
	    "A=1\r\n# moved to custom.env\r\n#B=2\r\n");
	OUT("B=\"x\ny\"\nC=1\n", "B", NULL, "#B=\"x\n#y\"\nC=1\n");
	OUT("B=1\nC=1\nB=2", "B", NULL, "#B=1\nC=1\n#B=2");
	edit_refused(&doc_env, "B=1\n", DOC_COMMENT_OUT, "B", "a\nC=1",
	    "one line");
}

static void
unsafe_edits_are_refused_by_name(void **state)
{
	(void)state;
	edit_refused(&doc_env, "A=1\n", DOC_SET, "B C", "x", "B C");
	edit_refused(&doc_env, "A=1\n", DOC_SET, "1B", "x", "1B");
	edit_refused(&doc_env, "A=1\n", DOC_SET, "", "x", "digit");
	edit_refused(&doc_env, "A=1\n", DOC_SET, "A", "\xff", "UTF-8");
	edit_refused(&doc_env, "A='1' B=2\n", DOC_UNSET, "A", NULL,
	    "line 1");
	edit_refused(&doc_env, "A='1' B=2\n", DOC_UNSET, "B", NULL,
	    "line 1");
	/* What comes first then would be taken for a byte order mark. */
	edit_refused(&doc_env, "A=1\n\xEF\xBB\xBF=\n", DOC_UNSET, "A", NULL,
	    "damage");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_read_as_compose_reads_them),
		cmocka_unit_test(quotes_read_as_compose_reads_them),
		cmocka_unit_test(references_stay_text),
		cmocka_unit_test(broken_files_are_refused_with_line_and_column),
		cmocka_unit_test(setting_changes_only_the_value),
		cmocka_unit_test(quotes_are_kept_and_added_when_needed),
		cmocka_unit_test(equal_value_changes_nothing),
		cmocka_unit_test(absent_key_is_added_behind_its_example),
		cmocka_unit_test(absent_key_is_added_at_the_end),
		cmocka_unit_test(unset_leaves_no_value_behind),
		cmocka_unit_test(commented_out_entry_stays_with_its_reason),
		cmocka_unit_test(unsafe_edits_are_refused_by_name),
	};

	return cmocka_run_group_tests_name("env", tests, NULL, NULL);
}
