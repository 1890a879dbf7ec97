/*
 * What directories look like: nested groups with a loop, Active Directory's
 * account bits and ranged values, referrals, several servers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/services/directory/directory_private.h"
#include "ldap_peer.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/schema.h"
#include "stconsole/str.h"

#define TEXT_OF(s)	((char *)(uintptr_t)(s))

static const struct directory_options usual = DIRECTORY_OPTIONS_DEFAULT;

/*
 * Microsoft's schema as OpenLDAP ships it lacks the class that has these, and
 * a matching rule for sAMAccountName: people are looked up by other names.
 */
static const char ad_config[] =
    "objectclass ( 1.3.6.1.4.1.4203.666.1.1 NAME 'adAccount' SUP top "
    "AUXILIARY MAY ( sAMAccountName $ objectSid ) )\n"
    "database mdb\nsuffix \"dc=ad,dc=test\"\ndirectory @DIR@\n"
    "access to * by * read\n";
static const char ad_ldif[] =
    "dn: dc=ad,dc=test\nobjectClass: domain\ndc: ad\n\n"
    "dn: ou=Staff,dc=ad,dc=test\nobjectClass: organizationalUnit\n"
    "ou: Staff\n\n"
    "dn: ou=Groups,dc=ad,dc=test\nobjectClass: organizationalUnit\n"
    "ou: Groups\n\n"
    "dn: cn=King\\, Jr.,ou=Staff,dc=ad,dc=test\nobjectClass: user\n"
    "objectClass: adAccount\n"
    "cn: King, Jr.\nsn: King\nsAMAccountName: mking\nuid: mking\n"
    "userAccountControl: 512\nmail: mking@ad.test\n"
    "userPassword: never-shown-4711\njpegPhoto:: /9j/4AD/\n"
    "instanceType: 4\nntSecurityDescriptor:: AQ==\n"
    "objectCategory: cn=Person\nobjectSid:: AQ==\n\n"
    "dn: cn=Gone,ou=Staff,dc=ad,dc=test\nobjectClass: user\n"
    "objectClass: adAccount\n"
    "cn: Gone\nsn: Gone\nsAMAccountName: gone\n"
    "userAccountControl: 514\nmail: gone@ad.test\n"
    "instanceType: 4\nntSecurityDescriptor:: AQ==\n"
    "objectCategory: cn=Person\nobjectSid:: AQ==\n\n"
    "dn: cn=inner,ou=Groups,dc=ad,dc=test\nobjectClass: groupOfNames\n"
    "cn: inner\nmember: cn=King\\, Jr.,ou=Staff,dc=ad,dc=test\n"
    "member: cn=outer,ou=Groups,dc=ad,dc=test\n\n"
    "dn: cn=middle (x),ou=Groups,dc=ad,dc=test\n"
    "objectClass: groupOfNames\ncn: middle (x)\n"
    "member: cn=inner,ou=Groups,dc=ad,dc=test\n\n"
    "dn: cn=outer,ou=Groups,dc=ad,dc=test\nobjectClass: groupOfNames\n"
    "cn: outer\nmember: cn=middle (x),ou=Groups,dc=ad,dc=test\n\n"
    "dn: cn=other,ou=Groups,dc=ad,dc=test\nobjectClass: groupOfNames\n"
    "cn: other\nmember: cn=Gone,ou=Staff,dc=ad,dc=test\n";

static const char plain_config[] =
    "database mdb\nsuffix \"dc=two,dc=test\"\ndirectory @DIR@\n"
    "access to * by * read\n";
static const char plain_ldif[] =
    "dn: dc=two,dc=test\nobjectClass: domain\ndc: two\n\n"
    "dn: uid=amy,dc=two,dc=test\nobjectClass: inetOrgPerson\nuid: amy\n"
    "cn: Amy Two\nsn: Two\nmail: amy@two.test\n\n"
    "dn: uid=mk,dc=two,dc=test\nobjectClass: inetOrgPerson\nuid: mk\n"
    "cn: Martin King\nsn: King\nmail: MKING@ad.test\n\n"
    "dn: uid=same1,dc=two,dc=test\nobjectClass: inetOrgPerson\n"
    "uid: same\ncn: Same\nsn: One\n\n"
    "dn: uid=same2,dc=two,dc=test\nobjectClass: inetOrgPerson\n"
    "uid: same\nuid: same2\ncn: Same\nsn: Two\n\n"
    "dn: ou=away,dc=two,dc=test\nobjectClass: referral\n"
    "objectClass: extensibleObject\nou: away\n"
    "ref: ldap://away.two.test/ou=away,dc=two,dc=test\n";

struct house {
	struct peer		 ad, two;
	struct site_ldap	 conf[2];
	struct ctx		 ctx;
	struct directory	*d;
};

static struct site_ldap
server_at(int port, const char *base, const char *class)
{
	struct site_ldap c = {
		.host = TEXT_OF("127.0.0.1"), .port = port,
		.bind_dn = TEXT_OF(""), .base = TEXT_OF(base),
		.person_class = TEXT_OF(class),
		.resolve_filter = TEXT_OF("(cn=%s*)"),
		.user_id_attr = TEXT_OF(""), .name_attr = TEXT_OF("cn"),
		.mail_attr = TEXT_OF("mail"),
		.group_base = TEXT_OF(""),
		.group_filter = TEXT_OF("(&(objectclass=groupOfNames)"
		    "(member=%s))"),
		.group_class = TEXT_OF("groupOfNames"),
		.member_attr = TEXT_OF("member"), .ca_file = TEXT_OF(""),
	};

	return c;
}

static int
set_up(void **state)
{
	static struct house	 h;
	struct err		 e;

	*state = &h;
	signal(SIGPIPE, SIG_IGN);
	if (!peer_start(&h.ad, NULL, NULL, ad_config, ad_ldif) ||
	    !peer_start(&h.two, NULL, NULL, plain_config, plain_ldif))
		return -1;
	h.conf[0] = server_at(h.ad.port, "ou=Staff,dc=ad,dc=test", "user");
	h.conf[1] = server_at(h.two.port, "dc=two,dc=test",
	    "organizationalPerson");
	h.ctx.clock = &clock_system;
	if (directory_open_servers(&h.ctx, h.conf, 2, &usual, &h.d, &e))
		return 0;
	fprintf(stderr, "%s\n", e.msg);
	return -1;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	directory_close(h->d);
	peer_stop(&h->ad);
	peer_stop(&h->two);
	return 0;
}

static json_t *
show(struct house *h, const char *who)
{
	json_t		*r = NULL;
	struct err	 e;

	if (!directory_show(h->d, who, &r, &e))
		fail_msg("%s", e.msg);
	return r;
}

static bool
has_group(const json_t *r, const char *name, int level)
{
	const json_t	*groups = json_object_get(r, "groups");
	size_t		 i;

	for (i = 0; i < json_array_size(groups); i++) {
		const json_t *g = json_array_get(groups, i);

		if (strcmp(json_text(g, "name"), name) == 0 &&
		    json_int(g, "level", 0) == level)
			return true;
	}
	return false;
}

static void
nested_groups_have_their_level_and_a_loop_ends(void **state)
{
	AUTO_JSON json_t *r = show(*state, "mking");

	assert_true(has_group(r, "inner", 1));
	assert_true(has_group(r, "middle (x)", 2));
	assert_true(has_group(r, "outer", 3));
	assert_int_equal(json_array_size(json_object_get(r, "groups")), 3);
	assert_false(json_flag(r, "more_groups"));
}

static void
a_person_is_shown_by_mail_uid_name_and_dn(void **state)
{
	static const char *const words[] = { "MKing@ad.test", "mking",
		"King, Jr.", "CN=King\\, Jr.,ou=Staff,dc=ad,dc=test" };
	size_t i;

	for (i = 0; i < LENGTH(words); i++) {
		AUTO_JSON json_t	*r = NULL;
		struct house		*h = *state;
		struct err		 e;

		/* The mail is on both servers: that is not one person. */
		if (i == 0) {
			assert_false(directory_show(h->d, words[i], &r, &e));
			assert_non_null(strstr(e.msg, "uid=mk"));
			continue;
		}
		r = show(h, words[i]);
		assert_string_equal(json_text(json_object_get(r, "person"),
		    "mail"), "mking@ad.test");
	}
}

static void
passwords_and_pictures_are_not_shown(void **state)
{
	AUTO_JSON json_t	*r = show(*state, "mking");
	AUTO_FREE char		*all = json_dumps(r, 0);
	const json_t		*a = json_object_get(r, "attributes");

	assert_null(strstr(all, "never-shown"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(
	    a, "userPassword"), 0)), "(not shown)");
	assert_string_equal(json_string_value(json_array_get(json_object_get(
	    a, "jpegPhoto"), 0)), "(6 bytes)");
}

static void
the_account_bit_of_active_directory_means_disabled(void **state)
{
	AUTO_JSON json_t *gone = show(*state, "gone");
	AUTO_JSON json_t *well = show(*state, "mking");

	assert_true(json_flag(json_object_get(gone, "person"), "disabled"));
	assert_false(json_flag(json_object_get(well, "person"), "disabled"));
	assert_string_equal(json_text(json_object_get(gone, "person"),
	    "uid"), "gone");
}

static void
ranged_values_are_read_to_the_end_simulated(void **state)
{
	struct house		*h = *state;
	struct peer		 p;
	struct site_ldap	 c;
	struct directory	*d = NULL;
	AUTO_JSON json_t	*r = NULL;
	const json_t		*members;
	struct err		 e;
	size_t			 i;

	assert_true(peer_simulate(&p, NULL));
	c = server_at(p.port, "DC=ad,DC=test", "user");
	c.group_base = TEXT_OF("OU=Groups,DC=ad,DC=test");
	if (!directory_open_servers(&h->ctx, &c, 1, &usual, &d, &e) ||
	    !directory_show(d, "CN=Big,DC=ad,DC=test", &r, &e))
		fail_msg("%s", e.msg);
	members = json_object_get(json_object_get(r, "attributes"),
	    "member");
	assert_int_equal(json_array_size(members), 5);
	for (i = 0; i < 5; i++) {
		char want[] = "cn=a";

		want[3] = (char)('a' + i);
		assert_string_equal(json_string_value(json_array_get(members,
		    i)), want);
	}
	directory_close(d);
	peer_stop(&p);
}

static void
one_mail_on_two_servers_is_a_duplicate(void **state)
{
	struct house		*h = *state;
	const char		*mails[] = { "mking@AD.test", "amy@two.test",
		"x@two.test", "gone@ad.test" };
	struct mail_match	 out[4];
	unsigned		 searches;
	struct err		 e;
	size_t			 i;

	if (!directory_match_mails(h->d, mails, 4, out, &searches, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(out[0].count, 2);
	assert_string_equal(out[0].person.uid, "mking");
	assert_int_equal(out[1].count, 1);
	assert_int_equal(out[2].count, 0);
	assert_true(out[3].person.is_disabled);
	assert_int_equal(searches, 2);
	for (i = 0; i < 4; i++)
		mail_match_fini(&out[i]);
}

static void
people_of_both_servers_are_found_together(void **state)
{
	struct house		*h = *state;
	AUTO_JSON json_t	*r = NULL;
	struct err		 e;

	if (!directory_search(h->d, "king", 50, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(json_object_get(r, "people")), 2);
	assert_false(json_flag(r, "more"));
	json_decref(r);
	if (!directory_search(h->d, "king", 1, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(json_object_get(r, "people")), 1);
	assert_true(json_flag(r, "more"));
}

static void
a_referral_is_reported_and_not_followed(void **state)
{
	struct house		*h = *state;
	AUTO_JSON json_t	*r = NULL;
	AUTO_JSON json_t	*t = NULL;
	AUTO_FREE char		*text = NULL;
	const char		*problem;
	struct err		 e;

	if (!directory_search(h->d, "amy", 50, &r, &e))
		fail_msg("%s", e.msg);
	problem = json_string_value(json_array_get(json_object_get(r,
	    "problems"), 0));
	assert_non_null(problem);
	assert_non_null(strstr(problem, "ldap://away.two.test/"));
	if (!directory_test(&h->ctx, &h->conf[1], 1, &usual, NULL, &t, &e))
		fail_msg("%s", e.msg);
	text = json_dumps(t, 0);
	assert_non_null(strstr(text, "away.two.test"));
	assert_true(json_is_true(json_object_get(t, "ok")));
}

static void
a_referral_is_followed_when_that_is_set(void **state)
{
	struct house		*h = *state;
	AUTO_FREE char		*more = str_format("dn: dc=two,dc=test\n"
	    "objectClass: domain\ndc: two\n\n"
	    "dn: ou=near,dc=two,dc=test\nobjectClass: referral\n"
	    "objectClass: extensibleObject\nou: near\n"
	    "ref: ldap://127.0.0.1:%d/ou=Staff,dc=ad,dc=test\n",
	    h->ad.port);
	struct directory_options follow = usual;
	struct peer		 p;
	struct site_ldap	 c;
	struct directory	*d = NULL;
	AUTO_JSON json_t	*r = NULL;
	struct err		 e;

	assert_true(peer_start(&p, NULL, NULL, plain_config, more));
	c = server_at(p.port, "dc=two,dc=test", "organizationalPerson");
	follow.follow_referrals = true;
	if (!directory_open_servers(&h->ctx, &c, 1, &follow, &d, &e) ||
	    !directory_search(d, "king", 50, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(json_object_get(r, "people")), 1);
	if (json_array_size(json_object_get(r, "problems")) > 0)
		fail_msg("%s", json_string_value(json_array_get(
		    json_object_get(r, "problems"), 0)));
	directory_close(d);
	peer_stop(&p);
}

static void
a_server_that_is_down_is_told_and_the_other_answers(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 conf[2] = { h->conf[0], h->conf[1] };
	struct directory	*d = NULL;
	AUTO_JSON json_t	*r = NULL;
	struct err		 e;

	conf[0].port = peer_dead_port();
	if (!directory_open_servers(&h->ctx, conf, 2, &usual, &d, &e))
		fail_msg("%s", e.msg);
	assert_false(directory_is_complete(d, &e));
	assert_non_null(strstr(e.msg, "refuses the connection"));
	if (!directory_search(d, "amy", 50, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(json_object_get(r, "people")), 1);
	assert_non_null(strstr(json_string_value(json_array_get(
	    json_object_get(r, "problems"), 0)), "refuses"));
	directory_close(d);
}

static void
nobody_and_several_are_errors_of_their_own(void **state)
{
	struct house	*h = *state;
	json_t		*r = NULL;
	struct err	 e;

	assert_false(directory_show(h->d, "nobody", &r, &e));
	assert_non_null(strstr(e.msg, "nobody"));
	assert_false(directory_show(h->d, "same", &r, &e));
	assert_non_null(strstr(e.msg, "uid=same1"));
	assert_non_null(strstr(e.msg, "uid=same2"));
}

static void
assert_shape(const char *verb, const json_t *r)
{
	struct err	e;
	size_t		i;

	for (i = 0; i < directory_service.verb_count; i++) {
		const struct verb *v = &directory_service.verbs[i];

		if (strcmp(v->name, verb) == 0) {
			if (!schema_check(v->schema, r, &e))
				fail_msg("%s", e.msg);
			return;
		}
	}
	fail_msg("no verb %s", verb);
}

static void
results_have_the_shape_that_the_verbs_promise(void **state)
{
	struct house		*h = *state;
	AUTO_JSON json_t	*shown = show(h, "mking"), *found = NULL;
	struct err		 e;

	assert_shape("directory.show", shown);
	assert_true(directory_search(h->d, "king", 50, &found, &e));
	assert_shape("directory.search", found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    nested_groups_have_their_level_and_a_loop_ends),
		cmocka_unit_test(a_person_is_shown_by_mail_uid_name_and_dn),
		cmocka_unit_test(passwords_and_pictures_are_not_shown),
		cmocka_unit_test(
		    the_account_bit_of_active_directory_means_disabled),
		cmocka_unit_test(ranged_values_are_read_to_the_end_simulated),
		cmocka_unit_test(one_mail_on_two_servers_is_a_duplicate),
		cmocka_unit_test(people_of_both_servers_are_found_together),
		cmocka_unit_test(a_referral_is_reported_and_not_followed),
		cmocka_unit_test(a_referral_is_followed_when_that_is_set),
		cmocka_unit_test(
		    a_server_that_is_down_is_told_and_the_other_answers),
		cmocka_unit_test(nobody_and_several_are_errors_of_their_own),
		cmocka_unit_test(
		    results_have_the_shape_that_the_verbs_promise),
	};

	return cmocka_run_group_tests_name("directory shapes", tests, set_up,
	    tear_down);
}
