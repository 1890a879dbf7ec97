#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/theme.h"

static const struct profile_facts xterm = {
	.term = "xterm-256color", .is_utf8 = true, .colors = 256
};

static struct profile_facts
as_type(const char *term, int colors)
{
	struct profile_facts f = xterm;

	f.term = term;
	f.colors = colors;
	return f;
}

static void
is_chosen(const struct profile_facts *f, enum profile p, const char *theme,
    enum glyph_set glyphs)
{
	assert_int_equal(profile_choose(f), p);
	assert_string_equal(profile_theme(p, f), theme);
	assert_int_equal(profile_glyphs(p, f), glyphs);
}

static void
a_terminal_gets_what_it_can_show(void **state)
{
	struct profile_facts f = xterm;

	(void)state;
	is_chosen(&f, PROFILE_RICH, "dark", GLYPHS_UTF8);
	f = as_type("vt100", 0);
	is_chosen(&f, PROFILE_ECONOMY, "economy", GLYPHS_ASCII);
	f = as_type("vt220", 0);
	is_chosen(&f, PROFILE_BASIC, "mono", GLYPHS_ASCII);
	f.is_utf8 = false;
	is_chosen(&f, PROFILE_BASIC, "mono", GLYPHS_ACS);
	f = as_type("linux", 8);
	f.is_console = true;
	is_chosen(&f, PROFILE_BASIC, "mono", GLYPHS_UTF8);
	f = as_type("screen", 8);
	is_chosen(&f, PROFILE_RICH, "dark", GLYPHS_UTF8);
	f.is_utf8 = false;
	is_chosen(&f, PROFILE_BASIC, "mono", GLYPHS_ACS);
	f = as_type("nosuchtype", -1);
	is_chosen(&f, PROFILE_BASIC, "mono", GLYPHS_UTF8);
	f = as_type(NULL, 0);
	is_chosen(&f, PROFILE_ECONOMY, "economy", GLYPHS_ASCII);
}

static void
a_serial_line_is_slow_whatever_it_is_called(void **state)
{
	struct profile_facts f = xterm;

	(void)state;
	f.is_serial = true;
	f.baud = 9600;
	is_chosen(&f, PROFILE_ECONOMY, "economy", GLYPHS_ASCII);
	assert_int_equal(profile_period_ms(PROFILE_RICH, &f), 5000);
	assert_int_equal(profile_period_ms(PROFILE_RICH, &xterm), 1000);
}

static void
a_fast_serial_line_is_basic_never_rich(void **state)
{
	struct profile_facts f = xterm;

	(void)state;
	f.is_serial = true;
	f.baud = 115200;
	is_chosen(&f, PROFILE_BASIC, "mono", GLYPHS_UTF8);
	f.term = "vt100";
	assert_int_equal(profile_choose(&f), PROFILE_ECONOMY);
	f = xterm;
	f.is_serial = true;
	assert_int_equal(profile_choose(&f), PROFILE_ECONOMY);
}

static void
colour_is_left_out_where_nobody_wants_it(void **state)
{
	struct profile_facts f = xterm;

	(void)state;
	f.no_color = true;
	is_chosen(&f, PROFILE_RICH, "mono", GLYPHS_UTF8);
	f = xterm;
	f.colors = 0;
	is_chosen(&f, PROFILE_RICH, "mono", GLYPHS_UTF8);
	f = xterm;
	f.is_light = true;
	is_chosen(&f, PROFILE_RICH, "light", GLYPHS_UTF8);
}

static void
escape_waits_longest_where_function_keys_are_typed(void **state)
{
	(void)state;
	assert_true(profile_esc_ms(PROFILE_ECONOMY) > 300);
	assert_true(profile_esc_ms(PROFILE_BASIC) > 300);
	assert_true(profile_esc_ms(PROFILE_RICH) <= 100);
	assert_true(profile_esc_ms(PROFILE_RICH) > 0);
}

static void
profiles_have_names(void **state)
{
	enum profile p = PROFILE_BASIC;

	(void)state;
	assert_true(profile_parse("rich", &p));
	assert_int_equal(p, PROFILE_RICH);
	assert_string_equal(profile_name(p), "rich");
	assert_false(profile_parse("auto", &p));
}

static void
the_environment_is_asked(void **state)
{
	struct profile_facts f;

	(void)state;
	setenv("TERM", "xterm-256color", 1);
	setenv("NO_COLOR", "", 1);
	setenv("COLORFGBG", "0;default;15", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	profile_facts_get(-1, &f);
	assert_string_equal(f.term, "xterm-256color");
	assert_int_equal(f.colors, 256);
	assert_true(f.is_utf8);
	assert_false(f.no_color);
	assert_true(f.is_light);
	assert_false(f.is_serial);
	assert_false(f.is_console);
	setenv("NO_COLOR", "1", 1);
	setenv("TERM", "nosuchtype", 1);
	unsetenv("COLORFGBG");
	profile_facts_get(-1, &f);
	assert_true(f.no_color);
	assert_int_equal(f.colors, -1);
	assert_false(f.is_light);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_gets_what_it_can_show),
		cmocka_unit_test(a_serial_line_is_slow_whatever_it_is_called),
		cmocka_unit_test(a_fast_serial_line_is_basic_never_rich),
		cmocka_unit_test(colour_is_left_out_where_nobody_wants_it),
		cmocka_unit_test(
		    escape_waits_longest_where_function_keys_are_typed),
		cmocka_unit_test(profiles_have_names),
		cmocka_unit_test(the_environment_is_asked)
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
