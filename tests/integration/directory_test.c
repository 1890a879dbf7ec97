/*
 * The directory against the lab's slapd: 5,000 people, ldap, StartTLS and
 * ldaps, limits of three kinds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/services/directory/directory_private.h"
#include "../lab/lab.h"
#include "../lab/house.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static const struct directory_options usual = DIRECTORY_OPTIONS_DEFAULT;

struct house {
	struct lab		 lab;
	struct ctx		 ctx;
	struct site_ldap	 plain, secure;
	struct directory	*d;
};

#define TEXT_OF(s)	((char *)(uintptr_t)(s))

/* A server as the site would give it; account is one of the lab's. */
static struct site_ldap
server_of(struct lab *l, const char *account, bool secure)
{
	AUTO_FREE char	*file = str_format("ldap-%s", account);
	const json_t	*ldap = json_object_get(l->facts, "ldap");
	const char	*word = lab_secret_text(l, file);
	struct site_ldap c = {
		.host = TEXT_OF("127.0.0.1"),
		.port = lab_fact_number(l, "ldap", secure ? "tls_port" :
		    "port"),
		.use_ldaps = secure,
		.bind_dn = TEXT_OF(json_text(json_object_get(ldap, account),
		    "dn")),
		.bind_password = secret_new(word, strlen(word), NULL),
		.base = TEXT_OF("dc=corp,dc=test"),
		.person_class = TEXT_OF("organizationalPerson"),
		.resolve_filter = TEXT_OF("(&(objectclass="
		    "organizationalPerson)(|(cn=%s*)(givenname=%s*)(sn=%s*)"
		    "(mail=%s*)))"),
		.user_id_attr = TEXT_OF(""),
		.name_attr = TEXT_OF("cn"),
		.mail_attr = TEXT_OF("mail"),
		.group_filter = TEXT_OF("(&(objectclass=groupOfNames)"
		    "(member=%s))"),
		.group_class = TEXT_OF("groupOfNames"),
		.member_attr = TEXT_OF("member"),
		.ca_file = TEXT_OF(lab_ca_file(l)),
	};

	return c;
}

static int
set_up(void **state)
{
	static struct house		 h;
	static const struct lab_options	 want = { .without = "mongo,api" };
	struct err			 e;

	if (!lab_start(&h.lab, &want, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	h.ctx.clock = &clock_system;
	h.plain = server_of(&h.lab, "bind", false);
	h.secure = server_of(&h.lab, "bind", true);
	if (!directory_open_servers(&h.ctx, &h.plain, 1, &usual, &h.d, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	*state = &h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	directory_close(h->d);
	secret_free(h->plain.bind_password);
	secret_free(h->secure.bind_password);
	lab_stop(&h->lab);
	return 0;
}

static size_t
hits(struct house *h, const char *text, json_t **out)
{
	struct err	e;
	json_t		*r = NULL;

	if (!directory_search(h->d, text, 50, &r, &e))
		fail_msg("%s", e.msg);
	*out = r;
	return json_array_size(json_object_get(r, "people"));
}

static void
people_are_found_by_a_part_of_the_name(void **state)
{
	AUTO_JSON json_t *r = NULL;

	assert_int_equal(hits(*state, "im Cor", &r), 1);
	assert_string_equal(json_text(json_array_get(json_object_get(r,
	    "people"), 0), "mail"), "kim@corp.test");
}

static void
a_name_with_syntax_in_it_finds_only_itself(void **state)
{
	static const struct {
		const char	*text;
		size_t		 count;
	} odd[] = {
		{ "Wild*card", 1 }, { "(Annie)", 1 }, { "Slash\\Slash", 1 },
		{ "\"Q\"", 1 }, { "Jürgen Größe", 1 }, { "King, Jr.", 1 },
		{ "Equal+Semi;", 1 }, { "*)(uid=*", 0 }, { "*", 1 },
	};
	size_t i;

	for (i = 0; i < LENGTH(odd); i++) {
		AUTO_JSON json_t *r = NULL;

		if (hits(*state, odd[i].text, &r) != odd[i].count)
			fail_msg("%s: %zu", odd[i].text, hits(*state,
			    odd[i].text, &r));
	}
}

static void
more_people_than_asked_for_are_announced(void **state)
{
	AUTO_JSON json_t *r = NULL;

	assert_int_equal(hits(*state, "a", &r), 50);
	assert_true(json_flag(r, "more"));
}

static void
a_thousand_mails_take_at_most_three_searches(void **state)
{
	struct house		*h = *state;
	struct mail_match	*out = calloc(1000, sizeof(*out));
	const char		**mails = calloc(1000, sizeof(*mails));
	char			(*text)[64] = calloc(1000, sizeof(*text));
	unsigned		 searches = 0;
	struct err		 e;
	size_t			 i;

	for (i = 0; i < 1000; i++) {
		snprintf(text[i], sizeof(text[i]), "nobody%zu@corp.test", i);
		mails[i] = text[i];
	}
	mails[7] = "KIM@Corp.TEST";
	mails[8] = "twin@corp.test";
	mails[9] = "kim@corp.test";
	mails[10] = "alex.locked@corp.test";
	if (!directory_match_mails(h->d, mails, 1000, out, &searches, &e))
		fail_msg("%s", e.msg);
	assert_in_range(searches, 1, 3);
	assert_int_equal(out[6].count, 0);
	assert_int_equal(out[7].count, 1);
	assert_string_equal(out[7].person.mail, "kim@corp.test");
	assert_int_equal(out[8].count, 2);
	assert_int_equal(out[9].count, 1);
	assert_int_equal(out[10].count, 1);
	assert_true(out[10].person.is_disabled);
	for (i = 0; i < 1000; i++)
		mail_match_fini(&out[i]);
	free(out);
	free(mails);
	free(text);
}

/* Mails of n people as the directory spells them, for the tests below. */
static json_t *
some_people(struct house *h, int n)
{
	json_t		*r = NULL;
	struct err	 e;

	if (!directory_search(h->d, "@corp.test", n, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(json_object_get(r, "people")), n);
	return r;
}

/* All of n real mails are found by that account of the lab. */
static unsigned
match_by(struct house *h, const char *account, size_t n)
{
	AUTO_JSON json_t	*r = some_people(h, (int)n);
	const char		**mails = calloc(n, sizeof(*mails));
	struct mail_match	*out = calloc(n, sizeof(*out));
	struct site_ldap	 c = server_of(&h->lab, account, false);
	struct directory	*d = NULL;
	unsigned		 searches = 0;
	struct err		 e;
	size_t			 i;

	for (i = 0; i < n; i++)
		mails[i] = json_text(json_array_get(json_object_get(r,
		    "people"), i), "mail");
	if (!directory_open_servers(&h->ctx, &c, 1, &usual, &d, &e) ||
	    !directory_match_mails(d, mails, n, out, &searches, &e))
		fail_msg("%s", e.msg);
	for (i = 0; i < n; i++) {
		if (out[i].count == 0)
			fail_msg("%s", mails[i]);
		mail_match_fini(&out[i]);
	}
	directory_close(d);
	secret_free(c.bind_password);
	free(mails);
	free(out);
	return searches;
}

static void
a_thousand_people_are_found_in_three_searches(void **state)
{
	assert_in_range(match_by(*state, "bind", 1000), 1, 3);
}

static void
an_account_that_must_page_finds_the_same_people(void **state)
{
	assert_in_range(match_by(*state, "ordinary", 1000), 3, 30);
}

static void
an_account_limited_to_50_entries_finds_the_same_people(void **state)
{
	assert_in_range(match_by(*state, "tight", 1000), 20, 60);
}

static void
more_than_a_page_of_people_is_read_in_pages(void **state)
{
	AUTO_JSON json_t *r = some_people(*state, 2500);

	assert_true(json_flag(r, "more"));
}

static void
a_limited_account_says_that_there_are_more(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_of(&h->lab, "tight", false);
	struct directory	*d = NULL;
	AUTO_JSON json_t	*r = NULL;
	struct err		 e;

	if (!directory_open_servers(&h->ctx, &c, 1, &usual, &d, &e) ||
	    !directory_search(d, "a", 200, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(json_object_get(r, "people")), 50);
	assert_true(json_flag(r, "more"));
	directory_close(d);
	secret_free(c.bind_password);
}

static void
ldaps_shows_the_whole_chain(void **state)
{
	struct house		*h = *state;
	AUTO_JSON json_t	*r = NULL;
	struct err		 e;

	if (!directory_test(&h->ctx, &h->secure, 1, &usual, "kim@corp.test",
	    &r, &e))
		fail_msg("%s", e.msg);
	assert_true(json_is_true(json_object_get(r, "ok")));
	assert_int_equal(json_array_size(json_object_get(r, "chain")), 2);
}

static void
an_ipv6_literal_is_reached_and_its_certificate_checked(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = h->secure;
	AUTO_JSON json_t	*r = NULL;
	struct err		 e;

	if (!lab_has_ipv6())
		skip();
	c.host = TEXT_OF("::1");
	if (!directory_test(&h->ctx, &c, 1, &usual, NULL, &r, &e))
		fail_msg("%s", e.msg);
	if (!json_is_true(json_object_get(r, "ok")))
		fail_msg("%s", json_dumps(r, JSON_INDENT(1)));
	assert_non_null(strstr(json_text(json_array_get(json_object_get(r,
	    "hops"), 0), "text"), "[::1]:"));
}

static void
twelve_levels_of_groups_are_shown(void **state)
{
	struct house		*h = *state;
	AUTO_JSON json_t	*r = NULL;
	const json_t		*groups, *last;
	struct err		 e;

	if (!directory_show(h->d, "kim@corp.test", &r, &e))
		fail_msg("%s", e.msg);
	groups = json_object_get(r, "groups");
	last = json_array_get(groups, json_array_size(groups) - 1);
	assert_string_equal(json_text(last, "name"), "level01");
	assert_int_equal(json_int(last, "level", 0), 12);
}

static void
people_with_odd_names_are_shown_by_their_dn(void **state)
{
	struct house		*h = *state;
	static const char *const odd[] = { "King, Jr.", "(Annie)",
		"Wild*card", "Slash\\Slash", "\"Q\"", "Größe", "Semi;" };
	size_t			 i;

	for (i = 0; i < LENGTH(odd); i++) {
		AUTO_JSON json_t	*found = NULL, *r = NULL;
		const char		*dn;
		struct err		 e;

		assert_int_equal(hits(h, odd[i], &found), 1);
		dn = json_text(json_array_get(json_object_get(found,
		    "people"), 0), "dn");
		if (!directory_show(h->d, dn, &r, &e))
			fail_msg("%s: %s", dn, e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_are_found_by_a_part_of_the_name),
		cmocka_unit_test(a_name_with_syntax_in_it_finds_only_itself),
		cmocka_unit_test(more_people_than_asked_for_are_announced),
		cmocka_unit_test(a_thousand_mails_take_at_most_three_searches),
		cmocka_unit_test(
		    a_thousand_people_are_found_in_three_searches),
		cmocka_unit_test(
		    an_account_that_must_page_finds_the_same_people),
		cmocka_unit_test(
		    an_account_limited_to_50_entries_finds_the_same_people),
		cmocka_unit_test(more_than_a_page_of_people_is_read_in_pages),
		cmocka_unit_test(a_limited_account_says_that_there_are_more),
		cmocka_unit_test(ldaps_shows_the_whole_chain),
		cmocka_unit_test(
		    an_ipv6_literal_is_reached_and_its_certificate_checked),
		cmocka_unit_test(twelve_levels_of_groups_are_shown),
		cmocka_unit_test(people_with_odd_names_are_shown_by_their_dn),
	};

	return cmocka_run_group_tests_name("directory", tests, set_up,
	    tear_down);
}
