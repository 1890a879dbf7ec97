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
	r = json_incref(json_array_get(json_object_get(r, "people"), 0));
	assert_string_equal(json_text(r, "mail"), "kim@corp.test");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_are_found_by_a_part_of_the_name),
		cmocka_unit_test(a_name_with_syntax_in_it_finds_only_itself),
		cmocka_unit_test(more_people_than_asked_for_are_announced),
		cmocka_unit_test(a_thousand_mails_take_at_most_three_searches),
	};

	return cmocka_run_group_tests_name("directory", tests, set_up,
	    tear_down);
}
