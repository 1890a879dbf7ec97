/*
 * The list of administrators beside what the directory said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../src/services/admins/admins.h"
#include "stconsole/json.h"

static void
add(struct admin_list *l, const char *id, const char *email)
{
	struct err	 e;

	assert_true(admin_list_add(l, id, true, email, NULL, &e));
}

static struct mail_match
person(const char *uid, const char *name, const char *mail, bool disabled)
{
	struct mail_match	 m = { .count = 1 };
	AUTO_BUF struct buf	 dn = BUF_INIT;

	buf_printf(&dn, "uid=%s,ou=people,dc=corp,dc=test", uid);
	m.person.dn = strdup(buf_str(&dn));
	m.person.id = strdup(buf_str(&dn));
	m.person.uid = strdup(uid);
	m.person.name = strdup(name);
	m.person.mail = strdup(mail);
	m.person.is_disabled = disabled;
	return m;
}

static void
join(struct admin_list *l, struct mail_match *m)
{
	struct err	 e;

	assert_true(admin_list_join(l, m, &e));
}

/* The problems of an entry, joined by "; ". */
static void
has_problems(const struct admin_list *l, size_t n, const char *wanted)
{
	AUTO_BUF struct buf	 got = BUF_INIT;
	const json_t		*p;
	size_t			 i;

	json_array_foreach(l->items[n].problems, i, p)
		buf_printf(&got, "%s%s", i > 0 ? "; " : "",
		    json_string_value(p));
	assert_string_equal(buf_str(&got), wanted);
}

static void
found_missing_duplicate_disabled(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[4] = { { 0 } };

	(void)state;
	add(&l, "1", "kim@corp.test");
	add(&l, "2", "gone@corp.test");
	add(&l, "3", "twin@corp.test");
	add(&l, "4", "off@corp.test");
	m[0] = person("kim", "Kim Berg", "kim@corp.test", false);
	m[2] = person("t1", "Twin", "twin@corp.test", false);
	m[2].count = 2;
	m[3] = person("off", "Off", "off@corp.test", true);
	join(&l, m);
	assert_int_equal(l.items[0].state, ADMIN_FOUND);
	has_problems(&l, 0, "");
	assert_int_equal(l.items[1].state, ADMIN_MISSING);
	has_problems(&l, 1, "nobody in the directory has this mail");
	assert_int_equal(l.items[2].state, ADMIN_DUPLICATE);
	has_problems(&l, 2, "2 entries of the directory have this mail");
	assert_int_equal(l.items[3].state, ADMIN_DISABLED);
	has_problems(&l, 3, "the account is disabled in the directory");
}

static void
two_that_differ_in_case_are_a_problem_on_both(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[3] = { { 0 } };

	(void)state;
	add(&l, "1", "Kim@corp.test");
	add(&l, "2", "lee@corp.test");
	add(&l, "3", "kim@corp.test");
	m[0] = person("kim", "Kim", "kim@corp.test", false);
	m[1] = person("lee", "Lee", "lee@corp.test", false);
	m[2] = person("kim", "Kim", "kim@corp.test", false);
	join(&l, m);
	has_problems(&l, 0, "same person as kim@corp.test");
	has_problems(&l, 1, "");
	has_problems(&l, 2, "same person as Kim@corp.test");
	assert_int_equal(l.items[2].first, 0);
	assert_int_equal(l.items[1].first, 1);
}

static void
three_of_one_mail_name_another_one(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[3] = { { 0 } };

	(void)state;
	add(&l, "1", "a@x");
	add(&l, "2", "A@x");
	add(&l, "3", "A@X");
	join(&l, m);
	has_problems(&l, 0, "nobody in the directory has this mail; "
	    "same person as A@x");
	has_problems(&l, 1, "nobody in the directory has this mail; "
	    "same person as a@x");
	has_problems(&l, 2, "nobody in the directory has this mail; "
	    "same person as a@x");
}

static void
one_person_by_two_mails_is_told(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[2] = { { 0 } };

	(void)state;
	add(&l, "1", "kim@corp.test");
	add(&l, "2", "kim.berg@corp.test");
	m[0] = person("kim", "Kim", "kim@corp.test", false);
	m[1] = person("kim", "Kim", "kim.berg@corp.test", false);
	join(&l, m);
	has_problems(&l, 0, "same person as kim.berg@corp.test");
	has_problems(&l, 1, "same person as kim@corp.test");
	/* Two mails are two entries: repair leaves them alone. */
	assert_int_equal(l.items[1].first, 1);
}

static void
a_silent_directory_makes_unknown_with_the_reason(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };

	(void)state;
	add(&l, "1", "kim@corp.test");
	err_set(&l.why, ERR_LDAP, 0, "ldap1 refuses the connection");
	join(&l, NULL);
	assert_false(l.joined);
	assert_int_equal(l.items[0].state, ADMIN_UNKNOWN);
	has_problems(&l, 0, "the directory could not be asked: "
	    "ldap1 refuses the connection");
}

static void
one_silent_server_of_several_makes_missing_unknown(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[3] = { { 0 } };

	(void)state;
	add(&l, "1", "kim@corp.test");
	add(&l, "2", "lee@corp.test");
	add(&l, "3", "");
	m[0] = person("kim", "Kim", "kim@corp.test", false);
	err_set(&l.why, ERR_LDAP, 0, "ldap2 refuses the connection");
	l.is_partial = true;
	join(&l, m);
	assert_true(l.joined);
	assert_int_equal(l.items[0].state, ADMIN_FOUND);
	has_problems(&l, 0, "");
	assert_int_equal(l.items[1].state, ADMIN_UNKNOWN);
	has_problems(&l, 1, "not seen, but a server of the directory could "
	    "not be asked: ldap2 refuses the connection");
	/* Nobody needs a server to know that there is no mail. */
	assert_int_equal(l.items[2].state, ADMIN_MISSING);
}

static void
odd_documents_are_told(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[3] = { { 0 } };
	struct err		 e;

	(void)state;
	add(&l, "1", "");
	assert_true(admin_list_add(&l, "6560a1b2c3d4e5f600000001", false,
	    "kim@corp.test", NULL, &e));
	m[1] = person("kim", "Kim", "kim@corp.test", false);
	add(&l, "3", "lee@corp.test ");
	m[2] = person("lee", "Lee", "lee@corp.test", false);
	join(&l, m);
	assert_int_equal(l.items[0].state, ADMIN_MISSING);
	has_problems(&l, 0, "it has no email");
	has_problems(&l, 2, "its email has white space around it, Sametime "
	    "may not find the person");
	has_problems(&l, 1, "its _id is not a text, Sametime may not see it");
}

static void
order_is_by_mail_name_or_state(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[3] = { { 0 } };

	(void)state;
	add(&l, "1", "b@x");
	add(&l, "2", "A@x");
	add(&l, "3", "c@x");
	m[0] = person("b", "Anna", "b@x", false);
	m[1] = person("a", "Zoe", "a@x", false);
	join(&l, m);
	admin_list_sort(&l, "mail");
	assert_string_equal(l.items[0].email, "A@x");
	assert_string_equal(l.items[2].email, "c@x");
	admin_list_sort(&l, "name");
	assert_string_equal(l.items[0].email, "c@x");
	assert_string_equal(l.items[1].email, "b@x");
	admin_list_sort(&l, "directory");
	assert_string_equal(l.items[0].email, "A@x");
	assert_string_equal(l.items[2].email, "c@x");
}

static void
a_mail_is_found_as_spelled_or_when_there_is_only_one(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	size_t		 n;

	(void)state;
	add(&l, "1", "Kim@x");
	add(&l, "2", "kim@x");
	add(&l, "3", "Lee@x");
	assert_string_equal(admin_list_find(&l, "kim@x", &n)->id, "2");
	assert_int_equal(n, 2);
	assert_null(admin_list_find(&l, "KIM@x", &n));
	assert_int_equal(n, 2);
	assert_string_equal(admin_list_find(&l, "lee@x", &n)->id, "3");
	assert_null(admin_list_find(&l, "no@x", &n));
	assert_int_equal(n, 0);
}

static void
you_are_the_setting_or_the_login_name(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	struct mail_match	 m[2] = { { 0 } };

	(void)state;
	add(&l, "1", "kim@x");
	add(&l, "2", "lee@x");
	m[0] = person("kim", "Kim", "kim@x", false);
	m[1] = person("lee", "Lee", "lee@x", false);
	join(&l, m);
	admin_list_mark_you(&l, "", "root", "");
	assert_false(l.items[0].is_you || l.items[1].is_you);
	admin_list_mark_you(&l, "KIM@x", "root", "");
	assert_true(l.items[0].is_you && !l.items[1].is_you);
	admin_list_mark_you(&l, "", "root", "lee");
	assert_true(!l.items[0].is_you && l.items[1].is_you);
	admin_list_mark_you(&l, "", "lee", "");
	assert_true(!l.items[0].is_you && l.items[1].is_you);
}

static void
an_entry_as_json(void **state)
{
	AUTO_ADMINS struct admin_list l = { NULL };
	AUTO_JSON json_t	*j = NULL;
	AUTO_FREE char		*text = NULL;
	struct mail_match	 m[1] = { { 0 } };

	(void)state;
	add(&l, "6560", "gone@x");
	join(&l, m);
	j = admin_json(&l.items[0]);
	text = json_canonical(j);
	assert_string_equal(text, "{\"directory\":\"missing\",\"dn\":null,"
	    "\"email\":\"gone@x\",\"id\":\"6560\",\"mark\":\"warn\","
	    "\"name\":null,\"problems\":"
	    "[\"nobody in the directory has this mail\"],\"you\":false}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_missing_duplicate_disabled),
		cmocka_unit_test(
		    two_that_differ_in_case_are_a_problem_on_both),
		cmocka_unit_test(three_of_one_mail_name_another_one),
		cmocka_unit_test(one_person_by_two_mails_is_told),
		cmocka_unit_test(
		    a_silent_directory_makes_unknown_with_the_reason),
		cmocka_unit_test(
		    one_silent_server_of_several_makes_missing_unknown),
		cmocka_unit_test(odd_documents_are_told),
		cmocka_unit_test(order_is_by_mail_name_or_state),
		cmocka_unit_test(
		    a_mail_is_found_as_spelled_or_when_there_is_only_one),
		cmocka_unit_test(you_are_the_setting_or_the_login_name),
		cmocka_unit_test(an_entry_as_json),
	};

	return cmocka_run_group_tests_name("administrators and directory",
	    tests, NULL, NULL);
}
