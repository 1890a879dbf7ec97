/*
 * What words on the command line mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/cli/parts.h"
#include "cli_toy.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/suggest.h"

#define WORDS_MAX	24

/* One command line, parsed: false when a word is wrong. */
struct parsed {
	char			*copy;
	struct cli_options	 options;
	struct cli_words	 words;
	struct cli_call		 call;
	struct err		 e;
	bool			 ok;
};

static struct parsed
parse(const char *line)
{
	struct parsed	 p = { .copy = strdup(line) };
	char		*argv[WORDS_MAX] = { (char *)(uintptr_t)"stconsole" };
	char		*save = NULL, *word;
	int		 argc = 1;

	for (word = strtok_r(p.copy, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	p.ok = cli_options_parse(argc, argv, &p.options, &p.words, &p.e) &&
	    cli_call_parse(&toy_registry, &p.words, &p.call, &p.e);
	return p;
}

static void
parsed_fini(struct parsed *p)
{
	cli_call_fini(&p->call);
	cli_words_fini(&p->words);
	free(p->copy);
}

#define AUTO_PARSED	__attribute__((cleanup(parsed_fini)))

/* The verb, and what was given, as JSON. */
static void
assert_parses(const char *line, const char *verb, const char *given)
{
	AUTO_PARSED struct parsed	 p = parse(line);
	AUTO_FREE char			*text = NULL;

	if (!p.ok)
		fail_msg("%s: %s", line, p.e.msg);
	text = json_canonical(p.call.given);
	assert_string_equal(p.call.verb->name, verb);
	assert_string_equal(text, given);
}

/* A usage error whose message or hint has the words. */
static void
assert_refused(const char *line, const char *words)
{
	AUTO_PARSED struct parsed p = parse(line);

	if (p.ok)
		fail_msg("%s: was taken", line);
	assert_int_equal(p.e.domain, ERR_USAGE);
	if (strstr(p.e.msg, words) == NULL && strstr(p.e.hint, words) == NULL)
		fail_msg("%s: \"%s\" / \"%s\" without \"%s\"", line, p.e.msg,
		    p.e.hint, words);
}

static void
the_longest_verb_wins(void **state)
{
	(void)state;
	assert_parses("toy", "toy", "{}");
	assert_parses("toy echo", "toy.echo", "{}");
	assert_parses("toy echo deep", "toy.echo.deep", "{}");
	assert_parses("toy echo shallow", "toy.echo",
	    "{\"key\":\"shallow\"}");
	assert_parses("toy echo deep sea", "toy.echo.deep",
	    "{\"key\":\"sea\"}");
}

static void
values_follow_the_order_of_the_table(void **state)
{
	(void)state;
	assert_parses("toy echo a b c", "toy.echo",
	    "{\"key\":\"a\",\"rest\":[\"b\",\"c\"]}");
	assert_parses("toy echo a --loud b", "toy.echo",
	    "{\"key\":\"a\",\"loud\":true,\"rest\":[\"b\"]}");
	assert_parses("toy echo --key k b", "toy.echo",
	    "{\"key\":\"k\",\"rest\":[\"b\"]}");
}

static void
names_are_spelled_with_either_dash(void **state)
{
	(void)state;
	assert_parses("toy echo --long-name v", "toy.echo",
	    "{\"long_name\":\"v\"}");
	assert_parses("toy echo --long_name v", "toy.echo",
	    "{\"long_name\":\"v\"}");
	assert_parses("toy echo --long-name=v", "toy.echo",
	    "{\"long_name\":\"v\"}");
	assert_parses("toy echo --long-name=", "toy.echo",
	    "{\"long_name\":\"\"}");
	assert_parses("toy echo --long-name=a=b", "toy.echo",
	    "{\"long_name\":\"a=b\"}");
}

static void
a_negative_number_is_a_value(void **state)
{
	(void)state;
	assert_parses("toy echo --size -5", "toy.echo",
	    "{\"size\":\"-5\"}");
	assert_parses("toy echo -5", "toy.echo", "{\"key\":\"-5\"}");
}

static void
two_dashes_end_the_options(void **state)
{
	(void)state;
	assert_parses("toy echo -- --loud --json", "toy.echo",
	    "{\"key\":\"--loud\",\"rest\":[\"--json\"]}");
	assert_parses("toy echo a -- -x --", "toy.echo",
	    "{\"key\":\"a\",\"rest\":[\"-x\",\"--\"]}");
	assert_refused("toy echo --long-name -- x", "needs a value");
}

static void
global_options_stand_anywhere_before_the_dashes(void **state)
{
	AUTO_PARSED struct parsed p = parse("--json toy --site /srv echo a "
	    "--state=/tmp/x --yes=0123ABCDef --confirm-within 90 --dry-run");

	(void)state;
	assert_true(p.ok);
	assert_true(p.options.json);
	assert_true(p.options.dry_run);
	assert_true(p.options.yes);
	assert_string_equal(p.options.site, "/srv");
	assert_string_equal(p.options.state, "/tmp/x");
	assert_string_equal(p.options.yes_hash, "0123abcdef");
	assert_int_equal(p.options.confirm_within_s, 90);
	assert_string_equal(p.call.verb->name, "toy.echo");
	assert_string_equal(json_text(p.call.given, "key"), "a");
}

static void
yes_does_not_take_the_next_word(void **state)
{
	AUTO_PARSED struct parsed p = parse("--yes toy echo a");

	(void)state;
	assert_true(p.ok);
	assert_true(p.options.yes);
	assert_string_equal(p.options.yes_hash, "");
}

static void
wrong_global_options_are_named(void **state)
{
	(void)state;
	assert_refused("toy --site", "--site needs a value");
	assert_refused("toy --site --json", "--site needs a value");
	assert_refused("toy --site=", "not empty");
	assert_refused("toy --json=1", "--json takes no value");
	assert_refused("toy --yes=1234567", "8 to 64");
	assert_refused("toy --yes=xyzxyzxyz", "8 to 64");
	assert_refused("toy --yes=", "8 to 64");
	assert_refused("toy --profile gold", "economy, basic, rich");
	assert_refused("toy --progress bar", "must be one of json");
	assert_refused("toy --confirm-within soon", "number of seconds");
	assert_refused("toy --confirm-within 0", "number of seconds");
}

static void
unknown_words_get_the_nearest_verb(void **state)
{
	(void)state;
	assert_refused("toy ehco x", "does not know what to do");
	assert_refused("tyo echo x", "toy echo");
	assert_refused("jbo list", "job list");
	assert_refused("job lst", "job list");
	assert_refused("job", "needs one more word");
	assert_refused("job", "list, show, resume");
	assert_refused("job frobnicate", "job has: list");
	assert_refused("frobnicate", "lists the verbs");
	assert_refused("", "No verb");
	assert_refused("--loud toy", "before any verb");
}

static void
reserved_words_are_no_verbs_yet(void **state)
{
	(void)state;
	assert_refused("serve", "reserved word");
	assert_refused("go config", "reserved word");
}

static void
unknown_options_get_the_nearest_one(void **state)
{
	(void)state;
	assert_refused("toy echo --luod", "Did you mean --loud?");
	assert_refused("toy echo --long-nmae x", "Did you mean --long-name?");
	assert_refused("toy echo --zzzzzz x", "help toy echo");
	assert_refused("toy echo -l", "no option -l");
	assert_refused("toy echo --loud=yes", "takes no value");
	assert_refused("toy echo --long-name", "needs a value");
	assert_refused("toy echo --mode soft --mode hard", "given twice");
	assert_refused("toy check ok extra", "\"extra\"");
}

static void
a_secret_is_not_taken_from_the_command_line(void **state)
{
	AUTO_PARSED struct parsed p = parse("toy echo --password-file -");

	(void)state;
	assert_true(p.ok);
	assert_string_equal(json_text(p.call.files, "password_file"), "-");
	assert_int_equal(json_object_size(p.call.given), 0);
	assert_refused("toy echo --password hunter2",
	    "not taken from the command line");
	assert_refused("toy echo --password hunter2", "--password-file -");
}

static void
standard_input_is_read_once(void **state)
{
	(void)state;
	assert_refused("toy echo --password-file - --text-file -",
	    "one value only");
	assert_parses("toy echo --password-file /a --text-file -",
	    "toy.echo", "{}");
}

static void
a_word_that_is_not_utf8_is_refused(void **state)
{
	(void)state;
	assert_refused("toy echo \xff\xfe", "not UTF-8");
	assert_refused("toy echo -- \xff\xfe", "not UTF-8");
}

static void
edit_distance_counts_a_swap_once(void **state)
{
	static const char *const names[] = { "list", "show", "remove" };

	(void)state;
	assert_int_equal(suggest_distance("list", "list", 9), 0);
	assert_int_equal(suggest_distance("lsit", "list", 9), 1);
	assert_int_equal(suggest_distance("lst", "list", 9), 1);
	assert_int_equal(suggest_distance("", "list", 9), 4);
	assert_int_equal(suggest_distance("abc", "xyz", 2), 2);
	assert_string_equal(suggest_nearest("remvoe", names, 3), "remove");
	assert_null(suggest_nearest("qqqqqq", names, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_verb_wins),
		cmocka_unit_test(values_follow_the_order_of_the_table),
		cmocka_unit_test(names_are_spelled_with_either_dash),
		cmocka_unit_test(a_negative_number_is_a_value),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(
		    global_options_stand_anywhere_before_the_dashes),
		cmocka_unit_test(yes_does_not_take_the_next_word),
		cmocka_unit_test(wrong_global_options_are_named),
		cmocka_unit_test(unknown_words_get_the_nearest_verb),
		cmocka_unit_test(reserved_words_are_no_verbs_yet),
		cmocka_unit_test(unknown_options_get_the_nearest_one),
		cmocka_unit_test(a_secret_is_not_taken_from_the_command_line),
		cmocka_unit_test(standard_input_is_read_once),
		cmocka_unit_test(a_word_that_is_not_utf8_is_refused),
		cmocka_unit_test(edit_distance_counts_a_swap_once),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
