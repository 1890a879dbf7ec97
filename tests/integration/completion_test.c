/*
 * What the Tab key offers, asked of a real bash that has read the script and
 * nothing else: stconsole itself is not on its PATH.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run.h"
#include "stconsole/buf.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"

static struct buf script = BUF_INIT;

static int
read_script(void **state)
{
	static const char *const	 words[] = { "help", "--completion",
	    "bash", NULL };
	struct run_result		 r = run_stconsole(words, NULL);

	(void)state;
	if (r.exit_code != 0)
		return -1;
	buf_add(&script, r.out.data, r.out.len);
	run_result_fini(&r);
	return 0;
}

static int
drop_script(void **state)
{
	(void)state;
	buf_fini(&script);
	return 0;
}

/*
 * words: as bash parts them (at "=" too), the last one is being typed.  What
 * is offered, each with a space behind it.
 */
static char *
offered(const char *words)
{
	static const char *const argv[] = { "/bin/bash", "--norc",
	    "--noprofile", "-u", "-s", NULL };
	static const char *const env[] = { "PATH=/nowhere", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0, false, BUF_INIT,
	    BUF_INIT };
	AUTO_BUF struct buf	 input = BUF_INIT;
	struct proc_spec	 spec = { .argv = argv, .env = env,
	    .timeout_ms = 20000 };
	struct err		 e;

	buf_printf(&input, "%s\nCOMP_WORDS=(stconsole %s)\n"
	    "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_stconsole\n"
	    "for w in ${COMPREPLY[@]+\"${COMPREPLY[@]}\"}; do "
	    "printf '%%s ' \"$w\"; done\n", buf_str(&script), words);
	spec.input = input.data;
	spec.input_len = input.len;
	if (!proc_run(&spec, &r, &e))
		fail_msg("%s", e.msg);
	if (r.exit_code != 0 || r.err.len > 0)
		fail_msg("bash says: %s", buf_str(&r.err));
	return strdup(buf_str(&r.out));
}

static void
assert_offered(const char *words, const char *want)
{
	AUTO_FREE char *got = offered(words);

	if (strcmp(got, want) != 0)
		fail_msg("%s: offered \"%s\", not \"%s\"", words, got, want);
}

static void
assert_has(const char *words, const char *word, bool wanted)
{
	AUTO_FREE char		*got = offered(words);
	AUTO_BUF struct buf	 padded = BUF_INIT, part = BUF_INIT;

	buf_printf(&padded, " %s", got);
	buf_printf(&part, " %s ", word);
	if ((strstr(buf_str(&padded), buf_str(&part)) != NULL) != wanted)
		fail_msg("%s: offered \"%s\"; \"%s\" is %s", words, got, word,
		    wanted ? "missing" : "wrong");
}

static void
verbs_are_offered_word_by_word(void **state)
{
	(void)state;
	assert_has("''", "admin", true);
	assert_has("''", "help", true);
	assert_offered("adm", "admin ");
	assert_offered("snapshot t", "take ");
	assert_offered("settings ex", "export ");
	assert_has("job ''", "undo", true);
	assert_offered("nonsense a", "");
	assert_offered("support ''", "bundle ");
}

static void
options_are_those_of_the_verb_and_the_global_ones(void **state)
{
	(void)state;
	assert_offered("admin list --fi", "--filter ");
	assert_has("admin list --", "--json", true);
	assert_has("admin list --", "--skip-bad", false);
	assert_has("admin import --", "--skip-bad", true);
	assert_has("--", "--site", true);
	assert_has("--site /x --json admin list --", "--filter", true);
	assert_offered("settings set mongo.admin_url --value-",
	    "--value-file ");
}

static void
values_are_offered_where_there_is_a_choice(void **state)
{
	(void)state;
	assert_offered("--profile e", "economy ");
	assert_offered("--profile = e", "economy ");
	assert_offered("--profile =", "economy basic rich ");
	assert_offered("admin export --format ''", "csv json ");
	assert_offered("admin export --format = j", "json ");
	assert_has("--profile rich ''", "admin", true);
}

static void
files_are_offered_where_a_file_is_wanted(void **state)
{
	(void)state;
	assert_has("settings import /etc/pass", "/etc/passwd", true);
	assert_has("settings set mongo.admin_url --value-file /etc/pass",
	    "/etc/passwd", true);
	assert_has("support bundle /et", "/etc", true);
	assert_has("--site /et", "/etc", true);
	assert_has("--site /etc/pass", "/etc/passwd", false);
	assert_has("config get /et", "/etc", false);
}

static void
help_is_completed_like_the_verb_itself(void **state)
{
	(void)state;
	assert_offered("help snapshot t", "take ");
	assert_has("help --", "--man", true);
	assert_offered("help --completion ''", "bash ");
	assert_offered("help --man adm", "admin ");
}

static void
behind_two_dashes_nothing_is_an_option(void **state)
{
	(void)state;
	assert_offered("admin list -- --fi", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verbs_are_offered_word_by_word),
		cmocka_unit_test(
		    options_are_those_of_the_verb_and_the_global_ones),
		cmocka_unit_test(values_are_offered_where_there_is_a_choice),
		cmocka_unit_test(files_are_offered_where_a_file_is_wanted),
		cmocka_unit_test(help_is_completed_like_the_verb_itself),
		cmocka_unit_test(behind_two_dashes_nothing_is_an_option)
	};

	return cmocka_run_group_tests_name("completion", tests, read_script,
	    drop_script);
}
