#include "edit_property.h"

#define ROUNDS	20000

static const char *const keys[] = { "A", "B", "KEY", "KEY_2", "A.B", "x" };
static const char *const endings[] = { "\n", "\n", "\r\n" };
static const char *const written[] = {
	"", "1", "a b", "x=y", "$B", "${A:-x}", "a$$b", "#x", "''", "\"\"",
	"'a # b'", "\"a\\nb\"", "\"one\nA=2\n#KEY=3\"", "'x\r\ny'",
	"\"\\\\\\\"\"", "http://h:1/?a=b&c=d#e", "\xc3\xa4", "\xc2\xa0x",
	"'it\\'s'", "a\\nb",
};
static const char *const comments[] = {
	"#A=1", "# KEY=x", "#", "# caf\xe9 \xff\xfe", "## export B = 1",
	"# \xc3\xa4 'quote \"open",
};
static const char *const pieces[] = {
	"a", "B", "1", " ", " ", "#", "'", "\"", "\\", "$", "{", "}", "=",
	"\n", "\r", "\t", "\xc3\xa4", "\xe3\x80\x80", "\xc2\xa0", "n", "0",
	"\x01", "A=1",
};

static void
line_add(struct prng *p, struct buf *out)
{
	switch (prng_below(p, 8)) {
	case 0:
		buf_puts(out, prng_below(p, 2) == 0 ? "" : " \t");
		return;
	case 1:
	case 2:
		buf_puts(out, prng_below(p, 4) == 0 ? "  " : "");
		buf_puts(out, prng_pick(p, comments));
		return;
	case 3:
		buf_puts(out, prng_pick(p, keys));
		return;
	}
	buf_puts(out, prng_below(p, 6) == 0 ? "export " : "");
	buf_puts(out, prng_below(p, 8) == 0 ? "\t" : "");
	buf_puts(out, prng_pick(p, keys));
	buf_puts(out, prng_below(p, 6) == 0 ? " = " : "=");
	buf_puts(out, prng_pick(p, written));
	buf_puts(out, prng_below(p, 6) == 0 ? "  " : "");
	buf_puts(out, prng_below(p, 6) == 0 ? " # note B=1" : "");
}

static void
text_generate(struct prng *p, struct buf *out)
{
	const char	*ending = prng_pick(p, endings);
	size_t		 n = prng_below(p, 12);

	buf_reset(out);
	if (prng_below(p, 8) == 0)
		buf_puts(out, "\xEF\xBB\xBF");
	while (n-- > 0) {
		line_add(p, out);
		if (n > 0 || prng_below(p, 3) > 0)
			buf_puts(out, prng_below(p, 20) == 0 ?
			    prng_pick(p, endings) : ending);
	}
}

static void
value_generate(struct prng *p, struct buf *out)
{
	size_t n = prng_below(p, 8);

	buf_reset(out);
	while (n-- > 0)
		buf_puts(out, prng_pick(p, pieces));
}

static enum doc_change
change_pick(struct prng *p)
{
	static const enum doc_change changes[] = { DOC_SET, DOC_SET, DOC_SET,
	    DOC_UNSET, DOC_COMMENT_OUT };

	return prng_pick(p, changes);
}

static void
every_edit_changes_what_it_says_and_nothing_else(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_BUF struct buf	 value = BUF_INIT;
	struct prng		 p;
	size_t			 done = 0;

	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct edit_case c = { .format = &doc_env };

		prng_init(&p, round);
		text_generate(&p, &text);
		value_generate(&p, &value);
		c.change = change_pick(&p);
		c.path = prng_pick(&p, keys);
		c.value = c.change == DOC_SET ? buf_str(&value) : "why";
		done += edit_holds(&p, &text, &c);
	}
	/* Every such file can be read, every such edit can be done. */
	assert_int_equal(done, ROUNDS);
}

static void
random_bytes_are_read_or_refused(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct prng		 p;

	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct edit_case c = { .format = &doc_env, .path = "A",
		    .value = "v $" };

		prng_init(&p, round);
		edit_random_bytes(&p, &text);
		c.change = change_pick(&p);
		edit_holds(&p, &text, &c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_edit_changes_what_it_says_and_nothing_else),
		cmocka_unit_test(random_bytes_are_read_or_refused),
	};

	return cmocka_run_group_tests_name("env property", tests, NULL, NULL);
}
