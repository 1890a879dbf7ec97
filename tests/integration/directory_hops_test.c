/*
 * What directory.test and an open say when a hop on the way fails: each its
 * own sentence, with what to do, and never the password.
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
#include <sys/time.h>
#include <unistd.h>

#include "../../src/services/directory/directory_private.h"
#include "ldap_peer.h"
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/schema.h"
#include "stconsole/tls_probe.h"

#define PASSWORD	"pw-9f3e&<never>"
#define TEXT_OF(s)	((char *)(uintptr_t)(s))

static const struct directory_options usual = DIRECTORY_OPTIONS_DEFAULT;

static const char config[] =
    "database mdb\nsuffix \"dc=corp,dc=test\"\ndirectory @DIR@\n"
    "rootdn \"cn=root,dc=corp,dc=test\"\nrootpw \"" PASSWORD "\"\n"
    "access to * by * read\n";
static const char ldif[] =
    "dn: dc=corp,dc=test\nobjectClass: domain\ndc: corp\n\n"
    "dn: cn=bind,dc=corp,dc=test\nobjectClass: organizationalRole\n"
    "objectClass: simpleSecurityObject\ncn: bind\nuserPassword: "
    PASSWORD "\n\n"
    "dn: ou=empty,dc=corp,dc=test\nobjectClass: organizationalUnit\n"
    "ou: empty\n\n"
    "dn: ou=nomail,dc=corp,dc=test\nobjectClass: organizationalUnit\n"
    "ou: nomail\n\n"
    "dn: uid=nm,ou=nomail,dc=corp,dc=test\nobjectClass: inetOrgPerson\n"
    "uid: nm\ncn: No Mail\nsn: Mail\n\n"
    "dn: uid=kim,dc=corp,dc=test\nobjectClass: inetOrgPerson\nuid: kim\n"
    "cn: Kim Corp\nsn: Corp\nmail: kim@corp.test\n\n"
    "dn: uid=twin1,dc=corp,dc=test\nobjectClass: inetOrgPerson\n"
    "uid: twin1\ncn: Twin\nsn: One\nmail: twin@corp.test\n\n"
    "dn: uid=twin2,dc=corp,dc=test\nobjectClass: inetOrgPerson\n"
    "uid: twin2\ncn: Twin\nsn: Two\nmail: twin@corp.test\n";

struct house {
	struct peer_tls	 tls;
	struct peer	 good, expired, elsewhere, selfmade;
	struct secret	*password, *wrong, *changeit;
	struct ctx	 ctx;
};

static struct house house;

static int
set_up(void **state)
{
	static const struct peer_cert good = { "IP:127.0.0.1,DNS:localhost",
		-1, 90, false };
	static const struct peer_cert expired = { "IP:127.0.0.1", -60, -30,
		false };
	static const struct peer_cert elsewhere = {
		"DNS:ldap.other.test,DNS:ldap2.other.test", -1, 90, false };
	static const struct peer_cert selfmade = { "IP:127.0.0.1", -1, 90,
		true };
	struct house *h = &house;

	signal(SIGPIPE, SIG_IGN);
	h->ctx.clock = &clock_system;
	h->password = secret_new(PASSWORD, strlen(PASSWORD), NULL);
	h->wrong = secret_new("pw-wrong", 8, NULL);
	h->changeit = secret_new("changeit", 8, NULL);
	*state = h;
	return peer_tls_make(&h->tls) &&
	    peer_start(&h->good, &h->tls, &good, config, ldif) &&
	    peer_start(&h->expired, &h->tls, &expired, config, NULL) &&
	    peer_start(&h->elsewhere, &h->tls, &elsewhere, config, NULL) &&
	    peer_start(&h->selfmade, &h->tls, &selfmade, config, NULL) ?
	    0 : -1;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	peer_stop(&h->good);
	peer_stop(&h->expired);
	peer_stop(&h->elsewhere);
	peer_stop(&h->selfmade);
	peer_tls_remove(&h->tls);
	secret_free(h->password);
	secret_free(h->wrong);
	secret_free(h->changeit);
	return 0;
}

static struct site_ldap
server_at(const struct house *h, int port, bool ldaps)
{
	struct site_ldap c = {
		.host = TEXT_OF("127.0.0.1"), .port = port,
		.use_ldaps = ldaps,
		.bind_dn = TEXT_OF("cn=bind,dc=corp,dc=test"),
		.bind_password = h->password,
		.base = TEXT_OF("dc=corp,dc=test"),
		.person_class = TEXT_OF("organizationalPerson"),
		.resolve_filter = TEXT_OF("(&(objectclass="
		    "organizationalPerson)(|(cn=%s*)(mail=%s*)))"),
		.user_id_attr = TEXT_OF(""), .name_attr = TEXT_OF("cn"),
		.mail_attr = TEXT_OF("mail"),
		.group_filter = TEXT_OF("(&(objectclass=groupOfNames)"
		    "(member=%s))"),
		.group_class = TEXT_OF("groupOfNames"),
		.member_attr = TEXT_OF("member"),
		.ca_file = TEXT_OF(ldaps ? h->tls.ca : ""),
	};

	return c;
}

static json_t *
test_of(struct house *h, const struct site_ldap *c, const char *mail,
    const struct directory_options *opts)
{
	struct err	 e;
	json_t		*r = NULL;
	char		*all;

	if (!directory_test(&h->ctx, c, 1, opts, mail, &r, &e))
		fail_msg("%s", e.msg);
	all = json_dumps(r, 0);
	assert_null(strstr(all, "pw-9f3e"));
	assert_null(strstr(all, "pw-wrong"));
	free(all);
	return r;
}

static const json_t *
line_of(const json_t *r, const char *hop)
{
	const json_t	*lines = json_object_get(r, "hops");
	size_t		 i;

	for (i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		if (strcmp(json_text(line, "hop"), hop) == 0)
			return line;
	}
	fail_msg("no hop %s", hop);
	return NULL;
}

/* The hop fails with the words; what is before is well, what is after not
 * tried. */
static void
assert_hop(const json_t *r, const char *hop, const char *words)
{
	const json_t	*lines = json_object_get(r, "hops");
	const json_t	*line = line_of(r, hop);
	bool		 before = true;
	size_t		 i;

	if (strstr(json_text(line, "text"), words) == NULL)
		fail_msg("%s: %s", hop, json_text(line, "text"));
	assert_string_equal(json_text(line, "mark"), "fail");
	assert_true(strlen(json_text(line, "hint")) > 0);
	assert_true(json_is_false(json_object_get(r, "ok")));
	for (i = 0; i < json_array_size(lines); i++) {
		const json_t	*l = json_array_get(lines, i);
		const char	*mark = json_text(l, "mark");

		if (l == line)
			before = false;
		else if (before)
			assert_string_not_equal(mark, "fail");
		else
			assert_string_equal(mark, "skipped");
	}
}

static void
a_directory_that_is_well_passes_every_hop(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, "Kim@Corp.test", &usual);
	size_t			 i;

	for (i = 0; i < json_array_size(json_object_get(r, "hops")); i++) {
		const json_t *l = json_array_get(json_object_get(r, "hops"),
		    i);

		if (strcmp(json_text(l, "mark"), "ok") != 0)
			fail_msg("%s: %s", json_text(l, "hop"),
			    json_text(l, "text"));
	}
	assert_int_equal(i, HOP_COUNT);
	assert_true(json_is_true(json_object_get(r, "ok")));
	assert_int_equal(json_array_size(json_object_get(r, "chain")), 1);
	assert_string_equal(json_text(json_array_get(json_object_get(r,
	    "chain"), 0), "issuer"), "CN=Corp Root");
}

static void
an_unknown_name_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, 389, false);
	struct directory_options quick = usual;
	AUTO_JSON json_t	*r = NULL;

	quick.connect_ms = 2000;
	c.host = TEXT_OF("no-such-host.invalid");
	r = test_of(h, &c, NULL, &quick);
	assert_hop(r, "dns", "no-such-host.invalid");
}

static void
a_dead_port_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, peer_dead_port(), true);
	AUTO_JSON json_t	*r = test_of(h, &c, NULL, &usual);

	assert_hop(r, "tcp", "refuses the connection");
}

static void
a_server_that_says_nothing_ends_in_time(void **state)
{
	struct house		*h = *state;
	int			 port, fd = peer_silent(&port);
	struct site_ldap	 c = server_at(h, port, false);
	struct directory_options quick = usual;
	int64_t			 before = clock_mono_ms(&clock_system);
	AUTO_JSON json_t	*r = NULL;

	quick.answer_ms = 300;
	r = test_of(h, &c, NULL, &quick);
	assert_hop(r, "bind", "did not answer in time");
	assert_in_range(clock_mono_ms(&clock_system) - before, 250, 5000);
	close(fd);
}

static void
a_silent_tls_port_ends_in_time(void **state)
{
	struct house		*h = *state;
	int			 port, fd = peer_silent(&port);
	struct site_ldap	 c = server_at(h, port, true);
	struct directory_options quick = usual;
	int64_t			 before = clock_mono_ms(&clock_system);
	AUTO_JSON json_t	*r = NULL;

	quick.connect_ms = 500;
	r = test_of(h, &c, NULL, &quick);
	assert_hop(r, "tls", "says nothing");
	assert_in_range(clock_mono_ms(&clock_system) - before, 250, 6000);
	close(fd);
}

static struct cancel stop;

static void
on_alarm(int sig)
{
	(void)sig;
	cancel_request(&stop, CANCEL_ASKED);
}

static void
a_cancel_is_heard_while_a_server_is_silent(void **state)
{
	struct house		*h = *state;
	int			 port, fd = peer_silent(&port);
	struct site_ldap	 c = server_at(h, port, false);
	struct itimerval	 soon = { { 0, 0 }, { 0, 100000 } };
	struct ctx		 ctx = h->ctx;
	struct directory	*d = NULL;
	int64_t			 before = clock_mono_ms(&clock_system);
	struct err		 e;

	assert_true(cancel_init(&stop, &e));
	ctx.cancel = &stop;
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_false(directory_open_servers(&ctx, &c, 1, &usual, &d, &e));
	assert_int_equal(e.domain, ERR_CANCELLED);
	assert_in_range(clock_mono_ms(&clock_system) - before, 50, 3000);
	cancel_fini(&stop);
	close(fd);
}

static void
a_plain_port_asked_for_tls_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, NULL, &usual);

	assert_hop(r, "tls", "does not complete a TLS handshake");
}

static void
an_issuer_that_is_not_trusted_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL;

	c.ca_file = TEXT_OF("");	/* the system's do not have it */
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "tls", "issued by \"CN=Corp Root\"");
	assert_int_equal(json_array_size(json_object_get(r, "chain")), 1);
}

static void
a_certificate_signed_by_itself_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->selfmade.tls_port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, NULL, &usual);

	assert_hop(r, "tls", "signed by itself");
}

static void
an_expired_certificate_is_named_with_its_date(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->expired.tls_port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, NULL, &usual);

	assert_hop(r, "tls", "expired on 2");
}

static void
a_name_that_does_not_fit_shows_both_names(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->elsewhere.tls_port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, NULL, &usual);

	assert_hop(r, "tls", "ldap.other.test, ldap2.other.test, not for "
	    "127.0.0.1");
}

static void
java_trust_stores_old_and_new_are_read(void **state)
{
	struct house		*h = *state;
	const char		*stores[] = { h->tls.p12, h->tls.aes };
	size_t			 i;

	for (i = 0; i < LENGTH(stores); i++) {
		struct site_ldap c = server_at(h, h->good.tls_port, true);
		AUTO_JSON json_t *r = NULL;

		c.ca_file = TEXT_OF(stores[i]);
		c.ca_password = h->changeit;
		r = test_of(h, &c, NULL, &usual);
		if (!json_is_true(json_object_get(r, "ok")))
			fail_msg("%s: %s", stores[i], json_text(line_of(r,
			    "tls"), "text"));
	}
}

static void
a_wrong_trust_store_password_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL;

	c.ca_file = h->tls.p12;
	c.ca_password = h->wrong;
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "settings", "does not open the trust store");
}

static void
a_missing_ca_file_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL;

	c.ca_file = TEXT_OF("/nonexistent/ca.pem");
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "settings", "/nonexistent/ca.pem");
}

static void
starttls_is_used_when_offered_and_a_ca_is_known(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.port, false);
	AUTO_JSON json_t	*r = NULL;

	c.ca_file = h->tls.ca;
	r = test_of(h, &c, NULL, &usual);
	assert_string_equal(json_text(line_of(r, "tls"), "mark"), "ok");
	assert_non_null(strstr(json_text(line_of(r, "tls"), "text"),
	    "StartTLS"));
}

static void
starttls_checks_the_certificate_too(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->expired.port, false);
	AUTO_JSON json_t	*r = NULL;

	c.ca_file = h->tls.ca;
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "tls", "expired on");
}

static void
without_starttls_the_missing_encryption_is_a_warning(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.port, false);
	struct directory_options plain = usual;
	AUTO_JSON json_t	*r = NULL;

	plain.starttls = STARTTLS_NEVER;
	c.ca_file = h->tls.ca;
	r = test_of(h, &c, NULL, &plain);
	assert_string_equal(json_text(line_of(r, "tls"), "mark"), "warn");
	assert_true(json_is_true(json_object_get(r, "ok")));
}

static void
a_server_without_starttls_is_refused_only_when_required(void **state)
{
	struct house		*h = *state;
	struct peer		 bare;
	struct site_ldap	 c;
	struct directory_options strict = usual;
	AUTO_JSON json_t	*r = NULL, *r2 = NULL;

	assert_true(peer_start(&bare, NULL, NULL, config, ldif));
	c = server_at(h, bare.port, false);
	c.ca_file = h->tls.ca;
	r = test_of(h, &c, NULL, &usual);
	assert_string_equal(json_text(line_of(r, "tls"), "mark"), "warn");
	strict.starttls = STARTTLS_REQUIRE;
	r2 = test_of(h, &c, NULL, &strict);
	assert_hop(r2, "tls", "refuses StartTLS");
	peer_stop(&bare);
}

static void
a_wrong_password_is_told_from_an_unknown_name(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL, *r2 = NULL;

	c.bind_password = h->wrong;
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "bind", "the password for");
	c.bind_dn = TEXT_OF("cn=nobody,dc=corp,dc=test");
	r2 = test_of(h, &c, NULL, &usual);
	assert_hop(r2, "bind", "it has no entry");
}

static void
the_bind_reason_of_active_directory_is_read_simulated(void **state)
{
	struct house		*h = *state;
	struct peer		 p;
	struct site_ldap	 c;
	AUTO_JSON json_t	*r = NULL;

	assert_true(peer_simulate(&p, "80090308: LdapErr: DSID-0C09044E, "
	    "comment: AcceptSecurityContext error, data 533, v2580"));
	c = server_at(h, p.port, false);
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "bind", "the account is disabled");
	peer_stop(&p);
}

static void
a_bind_dn_without_a_password_is_named(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL;

	c.bind_password = NULL;
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "settings", "no password");
}

static void
a_missing_base_is_named_with_what_there_is(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL;

	c.base = TEXT_OF("ou=nowhere,dc=corp,dc=test");
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "base", "ou=nowhere,dc=corp,dc=test");
	assert_non_null(strstr(json_text(line_of(r, "base"), "hint"),
	    "\"dc=corp,dc=test\""));
}

static void
a_malformed_filter_is_shown(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL;

	c.resolve_filter = TEXT_OF("(&(cn=%s*)(mail=%s*)");
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "filter", "(&(cn=%s*)(mail=%s*)");
}

static void
people_without_mail_are_told_from_no_people(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = NULL, *r2 = NULL;

	c.base = TEXT_OF("ou=nomail,dc=corp,dc=test");
	r = test_of(h, &c, NULL, &usual);
	assert_hop(r, "attribute", "has the attribute mail");
	c.base = TEXT_OF("ou=empty,dc=corp,dc=test");
	r2 = test_of(h, &c, NULL, &usual);
	assert_hop(r2, "attribute", "no entry of class");
}

static void
nobody_and_more_than_one_are_told_apart(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, "x@corp.test", &usual);
	AUTO_JSON json_t	*r2 = test_of(h, &c, "twin@corp.test",
	    &usual);

	assert_hop(r, "entry", "Nobody in the directory");
	assert_hop(r2, "entry", "2 entries have the mail");
}

static void
a_name_is_reached_on_the_family_that_listens(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.port, false);
	AUTO_JSON json_t	*r = NULL;

	c.host = TEXT_OF("localhost");	/* this slapd is on IPv4 only */
	r = test_of(h, &c, NULL, &usual);
	assert_true(json_is_true(json_object_get(r, "ok")));
}

static void
results_have_the_shape_that_the_verb_promises(void **state)
{
	struct house		*h = *state;
	struct site_ldap	 c = server_at(h, h->good.tls_port, true);
	AUTO_JSON json_t	*r = test_of(h, &c, NULL, &usual);
	struct err		 e;
	size_t			 i;

	for (i = 0; i < directory_service.verb_count; i++) {
		const struct verb *v = &directory_service.verbs[i];

		if (strcmp(v->name, "directory.test") == 0 &&
		    !schema_check(v->schema, r, &e))
			fail_msg("%s", e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_that_is_well_passes_every_hop),
		cmocka_unit_test(an_unknown_name_is_named),
		cmocka_unit_test(a_dead_port_is_named),
		cmocka_unit_test(a_server_that_says_nothing_ends_in_time),
		cmocka_unit_test(a_silent_tls_port_ends_in_time),
		cmocka_unit_test(a_cancel_is_heard_while_a_server_is_silent),
		cmocka_unit_test(a_plain_port_asked_for_tls_is_named),
		cmocka_unit_test(an_issuer_that_is_not_trusted_is_named),
		cmocka_unit_test(a_certificate_signed_by_itself_is_named),
		cmocka_unit_test(
		    an_expired_certificate_is_named_with_its_date),
		cmocka_unit_test(a_name_that_does_not_fit_shows_both_names),
		cmocka_unit_test(java_trust_stores_old_and_new_are_read),
		cmocka_unit_test(a_wrong_trust_store_password_is_named),
		cmocka_unit_test(a_missing_ca_file_is_named),
		cmocka_unit_test(
		    starttls_is_used_when_offered_and_a_ca_is_known),
		cmocka_unit_test(starttls_checks_the_certificate_too),
		cmocka_unit_test(
		    without_starttls_the_missing_encryption_is_a_warning),
		cmocka_unit_test(
		    a_server_without_starttls_is_refused_only_when_required),
		cmocka_unit_test(
		    a_wrong_password_is_told_from_an_unknown_name),
		cmocka_unit_test(
		    the_bind_reason_of_active_directory_is_read_simulated),
		cmocka_unit_test(a_bind_dn_without_a_password_is_named),
		cmocka_unit_test(a_missing_base_is_named_with_what_there_is),
		cmocka_unit_test(a_malformed_filter_is_shown),
		cmocka_unit_test(people_without_mail_are_told_from_no_people),
		cmocka_unit_test(nobody_and_more_than_one_are_told_apart),
		cmocka_unit_test(
		    a_name_is_reached_on_the_family_that_listens),
		cmocka_unit_test(
		    results_have_the_shape_that_the_verb_promises),
	};

	return cmocka_run_group_tests_name("directory hops", tests, set_up,
	    tear_down);
}
