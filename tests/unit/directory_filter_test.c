/* Words of people in filters and names: no value may become syntax. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../src/services/directory/directory_private.h"
#include "stconsole/mem.h"

static void
assert_escaped(const char *in, size_t len, const char *want)
{
	AUTO_BUF struct buf b = BUF_INIT;

	filter_escape(&b, in, len);
	assert_string_equal(buf_str(&b), want);
}

static void
syntax_is_escaped(void **state)
{
	(void)state;
	assert_escaped("a*b", 3, "a\\2ab");
	assert_escaped("(x)", 3, "\\28x\\29");
	assert_escaped("a\\b", 3, "a\\5cb");
	assert_escaped("a\0b", 3, "a\\00b");
	assert_escaped("*)(uid=*", 8, "\\2a\\29\\28uid=\\2a");
}

static void
letters_of_any_language_stay(void **state)
{
	(void)state;
	assert_escaped("J\xc3\xbcrgen", 7, "J\xc3\xbcrgen");
	assert_escaped("\xe5\xb1\xb1", 3, "\xe5\xb1\xb1");
}

static void
bytes_that_are_no_text_are_escaped(void **state)
{
	(void)state;
	assert_escaped("\xff\x01", 2, "\\ff\\01");
	assert_escaped("\xc3", 1, "\\c3");
}

static void
assert_rdn(const char *in, const char *want)
{
	AUTO_BUF struct buf b = BUF_INIT;

	dn_escape(&b, in);
	assert_string_equal(buf_str(&b), want);
}

static void
a_name_is_escaped_for_a_dn(void **state)
{
	(void)state;
	assert_rdn("King, Jr.", "King\\, Jr.");
	assert_rdn(" x ", "\\ x\\ ");
	assert_rdn("#1", "\\#1");
	assert_rdn("a+b=c;<d>\"\\", "a\\+b\\=c\\;\\<d\\>\\\"\\\\");
	assert_rdn("mid dle#", "mid dle#");
}

/* What was escaped reads back as the same value. */
static void
an_escaped_name_reads_back(void **state)
{
	static const char *const names[] = { "King, Jr., M", "#a", " a ",
		"Plus Equal+Semi; <x>", "Quote \"Q\"", "Back\\Slash" };
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(names); i++) {
		AUTO_BUF struct buf	b = BUF_INIT;
		LDAPDN			dn = NULL;

		buf_puts(&b, "cn=");
		dn_escape(&b, names[i]);
		buf_puts(&b, ",dc=corp,dc=test");
		assert_int_equal(ldap_str2dn(buf_str(&b), &dn,
		    LDAP_DN_FORMAT_LDAPV3), LDAP_SUCCESS);
		assert_string_equal(dn[0][0]->la_value.bv_val, names[i]);
		ldap_dnfree(dn);
	}
}

static void
the_sites_filter_takes_the_value_everywhere(void **state)
{
	AUTO_BUF struct buf	b = BUF_INIT;
	struct err		e;

	(void)state;
	assert_true(filter_render("(|(cn=%s*)(mail=%s*))", "a*", &b, &e));
	assert_string_equal(buf_str(&b), "(|(cn=a\\2a*)(mail=a\\2a*))");
}

static void
a_java_class_is_named_as_no_filter(void **state)
{
	AUTO_BUF struct buf	b = BUF_INIT;
	struct err		e;

	(void)state;
	assert_false(filter_render("Filters.people()", "a", &b, &e));
	assert_non_null(strstr(e.msg, "Filters.people()"));
}

static void
dns_that_mean_the_same_are_equal(void **state)
{
	AUTO_FREE char	*a = dn_normal("CN=Kim Corp, OU=People,dc=Corp");
	AUTO_FREE char	*b = dn_normal("cn=kim corp,ou=people,DC=corp");

	(void)state;
	assert_string_equal(a, b);
	assert_true(dn_is_valid("uid=a,dc=b"));
	assert_false(dn_is_valid("kim@corp.test"));
	assert_false(dn_is_valid("a=b=c,"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_is_escaped),
		cmocka_unit_test(letters_of_any_language_stay),
		cmocka_unit_test(bytes_that_are_no_text_are_escaped),
		cmocka_unit_test(a_name_is_escaped_for_a_dn),
		cmocka_unit_test(an_escaped_name_reads_back),
		cmocka_unit_test(the_sites_filter_takes_the_value_everywhere),
		cmocka_unit_test(a_java_class_is_named_as_no_filter),
		cmocka_unit_test(dns_that_mean_the_same_are_equal),
	};

	return cmocka_run_group_tests_name("directory filters", tests, NULL,
	    NULL);
}
