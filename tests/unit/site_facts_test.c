/* What is read from the files of a deployment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/site/site_private.h"
#include "site_tree.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static struct site *
open_site(const struct site_tree *t)
{
	struct err	 e = { 0 };
	struct site	*site = site_open(t->dir, &e);

	if (site == NULL)
		fail_msg("%s", e.msg);
	return site;
}

static void
assert_fact(const struct site *site, const char *name, const char *value,
    const char *file, unsigned line)
{
	struct site_origin	 origin = { NULL, 0 };
	const char		*is = site_fact(site, name, &origin);

	if (is == NULL)
		fail_msg("no fact %s", name);
	assert_string_equal(is, value);
	assert_string_equal(origin.file, file);
	assert_int_equal(origin.line, line);
}

static void
facts_name_file_and_line(void **state)
{
	struct site_tree	 t;
	struct site		*site;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site = open_site(&t);
	assert_fact(site, "version", "12.0.2-FP2", ".env", 1);
	assert_fact(site, "public_url", "https://chat.corp.test", "custom.env",
	    1);
	assert_fact(site, "https_port", "443", ".env", 4);
	assert_fact(site, "max_occupants", "100", "docker-compose.yml", 28);
	assert_fact(site, "tls_certificate",
	    "sametime-config/web/keys/cert.crt",
	    "sametime-config/web/keys/cert.crt", 0);
	assert_fact(site, "ldap_host", "ldap1.corp.test",
	    "StCommunityConfig.xml", 7);
	assert_null(site_fact(site, "lets_encrypt_domain", NULL));
	assert_int_equal(site->service_count, 3);
	assert_string_equal(site->services[1].image,
	    "registry.corp.test/st/meetings-web:12.0.2-FP2");
	site_free(site);
	site_tree_remove(&t);
}

static void
mongo_url_is_masked_as_fact_and_whole_as_secret(void **state)
{
	struct site_tree	 t;
	struct site		*site;
	struct secret		*url = NULL;
	struct site_origin	 origin;
	AUTO_FREE char		*here = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site = open_site(&t);
	assert_true(site_mongo_url(site, &url, &origin, NULL));
	here = str_format("mongodb://sametimeUser:p%%40ss@mongo1.corp.test:"
	    "27017,mongo2.corp.test:27017/?replicaSet=rs0&tls=true"
	    "&tlsCAFile=%s/tls/ca.pem", site_root(site));
	assert_string_equal(secret_reveal(url), here);
	assert_int_equal(origin.line, 3);
	assert_string_equal(origin.file, "custom.env");
	assert_non_null(strstr(site_fact(site, "mongo_url", NULL),
	    "mongodb://sametimeUser:***@mongo1.corp.test:27017"));
	secret_free(url);
	site_free(site);
	site_tree_remove(&t);
}

static void
ldap_servers_come_in_search_order_with_defaults(void **state)
{
	struct site_tree		 t;
	struct site			*site;
	const struct site_ldap		*s;
	size_t				 n;
	AUTO_FREE char			*ca = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site = open_site(&t);
	assert_true(site_ldap_servers(site, &s, &n, NULL));
	assert_int_equal(n, 2);
	assert_string_equal(s[0].host, "ldap1.corp.test");
	assert_int_equal(s[0].port, 636);
	assert_true(s[0].use_ldaps);
	assert_string_equal(s[0].bind_dn, "cn=bind,o=corp");
	assert_string_equal(secret_reveal(s[0].bind_password), "geheim");
	assert_string_equal(s[0].resolve_filter,
	    "(&(objectclass=person)(cn=%s*))");
	assert_string_equal(s[0].base, "ou=people,o=corp");
	ca = str_format("%s/ldaptruststore.p12", site_root(site));
	assert_string_equal(s[0].ca_file, ca);
	assert_string_equal(secret_reveal(s[0].ca_password), "changeit");
	assert_string_equal(s[1].host, "ldap2.corp.test");
	assert_int_equal(s[1].port, 1389);
	assert_false(s[1].use_ldaps);
	assert_null(s[1].bind_password);
	assert_string_equal(s[1].person_class, "organizationalPerson");
	assert_string_equal(s[1].name_attr, "cn");
	assert_int_equal(s[1].origin.line, 4);
	site_free(site);
	site_tree_remove(&t);
}

static void
without_community_config_a_sentence_says_why(void **state)
{
	struct site_tree	 t;
	struct site		*site;
	const struct site_ldap	*s;
	struct err		 e = { 0 };
	size_t			 n;

	(void)state;
	site_tree_make(&t);
	site_tree_put(&t, "compose.yaml", "services:\n  community:\n"
	    "    image: st/chat-server:1\n");
	site = open_site(&t);
	assert_false(site_ldap_servers(site, &s, &n, &e));
	assert_int_equal(e.domain, ERR_SITE);
	assert_non_null(strstr(e.msg, "inside the container"));
	site_free(site);
	site_tree_remove(&t);
}

static void
a_broken_file_does_not_hide_the_others(void **state)
{
	struct site_tree	 t;
	struct site		*site;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site_tree_put(&t, "docker-compose.yml",
	    "services: # st/chat-server\n  a: [\n");
	site = open_site(&t);
	assert_non_null(site_file_find(site, "docker-compose.yml")->problem);
	assert_fact(site, "public_url", "https://chat.corp.test", "custom.env",
	    1);
	assert_fact(site, "https_port", "443", ".env", 4);
	site_free(site);
	site_tree_remove(&t);
}

static void
control_characters_do_not_reach_a_fact(void **state)
{
	struct site_tree	 t;
	struct site		*site;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site_tree_put(&t, "custom.env", "PUBLIC_URL=https://a\033[2Jb\n");
	site = open_site(&t);
	assert_fact(site, "public_url", "https://a?[2Jb", "custom.env", 1);
	site_free(site);
	site_tree_remove(&t);
}

static void
helm_values_and_secrets_are_read(void **state)
{
	struct site_tree		 t;
	struct site			*site;
	struct secret			*url = NULL;
	const struct site_ldap		*s;
	struct site_origin		 origin;
	size_t				 n;

	(void)state;
	site_tree_make(&t);
	site_tree_put(&t, "helm/Chart.yaml",
	    "name: sametime\nversion: 1.0.0\nappVersion: 12.0.2\n");
	site_tree_put(&t, "helm/values.yaml", "global:\n"
	    "  ldapHost: ldap0.corp.test\n  ldapPort: 389\n"
	    "  turnEnable: true\n");
	site_tree_put(&t, "own.yaml", "global:\n  ldapHost: ldap1.corp.test\n");
	site_tree_put(&t, "helm/templates/sametime-secrets.yaml",
	    "apiVersion: v1\nkind: Secret\ndata:\n"
	    "  JwtSecret: {{ .Values.global.jwt }}\n"
	    "  MongoConnectionUrl: bW9uZ29kYjovL3U6cEBtb25nbzEvP3JlcGxpY2FTZX"
	    "Q9cnMw\n"
	    "  LdapBindEntryDn: \"Y249YmluZA==\"\n"
	    "  LdapBindEntryPassword: Z2VoZWlt\n");
	site = open_site(&t);
	assert_int_equal(site_kind(site), SITE_KUBERNETES);
	assert_fact(site, "version", "12.0.2", "helm/Chart.yaml", 3);
	assert_fact(site, "ldap_host", "ldap1.corp.test", "own.yaml", 2);
	assert_fact(site, "turn_enabled", "true", "helm/values.yaml", 4);
	assert_true(site_mongo_url(site, &url, &origin, NULL));
	assert_string_equal(secret_reveal(url),
	    "mongodb://u:p@mongo1/?replicaSet=rs0");
	assert_int_equal(origin.line, 5);
	assert_true(site_ldap_servers(site, &s, &n, NULL));
	assert_string_equal(s[0].bind_dn, "cn=bind");
	assert_string_equal(secret_reveal(s[0].bind_password), "geheim");
	secret_free(url);
	site_free(site);
	site_tree_remove(&t);
}

static void
windows_chat_server_is_read(void **state)
{
	struct site_tree	 t;
	struct site		*site;
	struct secret		*url = NULL;
	AUTO_FREE char		*wanted = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_put(&t, "sametime.ini", "[Config]\r\n"
	    "ST_COMMUNITY_ID=corp\r\n[ST_BB_NAMES]\r\n"
	    "ST_AUTH_TOKEN=Fork:Jwt\r\n");
	site_tree_put(&t, "custom.env", "PUBLIC_URL=https://w.corp.test\r\n");
	site_tree_put(&t, "chatlogging.ini", "[ChatLogging]\r\n"
	    "CL_MONGO_URL=mongodb://u:p@m1/?tlsCAFile="
	    "C:%5CProgram%20Files%5CHCL%5CSametime%5Cca.pem\r\n");
	site_tree_put(&t, "traefik-windows-amd64/conf/keys/cert.crt", "c");
	site = open_site(&t);
	assert_int_equal(site_kind(site), SITE_WINDOWS);
	assert_fact(site, "public_url", "https://w.corp.test", "custom.env",
	    1);
	assert_fact(site, "auth_tokens", "Fork:Jwt", "sametime.ini", 4);
	assert_fact(site, "community_id", "corp", "sametime.ini", 2);
	assert_non_null(site_fact(site, "tls_certificate", NULL));
	assert_true(site_mongo_url(site, &url, NULL, NULL));
	wanted = str_format("mongodb://u:p@m1/?tlsCAFile=%s/ca.pem",
	    site_root(site));
	assert_string_equal(secret_reveal(url), wanted);
	secret_free(url);
	site_free(site);
	site_tree_remove(&t);
}

static void
variables_are_put_in_as_compose_does(void **state)
{
	static const struct {
		const char *text, *unknown_gone, *unknown_kept;
	} cases[] = {
		{ "${A}", "1", "1" },
		{ "$A-$B", "1-2/1", "1-2/1" },
		{ "${NONE}x", "x", "${NONE}x" },
		{ "${NONE:-${A}}", "1", "1" },
		{ "${EMPTY:-d}", "d", "d" },
		{ "${EMPTY-d}", "", "" },
		{ "${A:+set}", "set", "set" },
		{ "$$A", "$A", "$A" },
		{ "a$", "a$", "a$" },
		{ "${A", "${A", "${A" },
		{ "${LOOP}", "", "" },
		{ "$RAW", "$A", "$A" },
	};
	struct site_tree	 t;
	struct site		*site;

	(void)state;
	site_tree_make(&t);
	site_tree_put(&t, "docker-compose.yml", "services: {} # sametime\n");
	site_tree_put(&t, ".env", "A=1\nB=2/${A}\nEMPTY=\nLOOP=$LOOP\n"
	    "RAW='$A'\n");
	site = open_site(&t);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		AUTO_FREE char *gone = site_interpolate(site, cases[i].text,
		    false);
		AUTO_FREE char *kept = site_interpolate(site, cases[i].text,
		    true);

		assert_string_equal(gone, cases[i].unknown_gone);
		assert_string_equal(kept, cases[i].unknown_kept);
	}
	site_free(site);
	site_tree_remove(&t);
}

static void
secret_keys_are_known(void **state)
{
	static const struct {
		const char	*key;
		bool		 is_secret;
	} cases[] = {
		{ "MONGO_URL", true }, { "TURN_SECRET", true },
		{ "TURN_CREDENTIALS", true }, { "JVB_AUTH_PASSWORD", true },
		{ "LDAP/Connection[1]/@BindEntryPassword", true },
		{ "/StCommunityConfig/LDAP/Connection/@BindEntryPwd", true },
		{ "ChatLogging/CL_MONGO_URL", true },
		{ "services.a.environment.OIDC_CLIENT_SECRET", true },
		{ "services[\"a.b\"].environment[\"JWT_SECRET_ENV\"]", true },
		{ "STI__Config__STLDAP_TLS_TRUST_STORE_PASSWORD", true },
		{ "MongoConnectionUrl", true }, { "@UserEncodedAuth", true },
		{ "TRANSCRIPTION_API_KEY", true },
		{ "STI__ST_BB_NAMES__ST_AUTH_TOKEN", false },
		{ "REACT_APP_PASSWORD_MIN_LENGTH", false },
		{ "REACT_APP_PASSWORD_DIGITS_REQUIRED", false },
		{ "OIDC_TOKEN_URL", false }, { "global.mongoSecret", false },
		{ "PUBLIC_URL", false }, { "LTPA_KEYS_FILE_PATH", false },
		{ "services.secrets.image", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (site_key_is_secret(cases[i].key) != cases[i].is_secret)
			fail_msg("%s", cases[i].key);
}

static void
passwords_in_urls_are_hidden(void **state)
{
	static const struct {
		const char *value, *shown;
	} cases[] = {
		{ "mongodb://u:p@h/x", "mongodb://u:***@h/x" },
		{ "mongodb://u:p@x@h/", "mongodb://u:***@h/" },
		{ "mongodb://u:p.h:27017/", "mongodb://***/" },
		{ "mongodb://h1:1,h2:2/", "mongodb://h1:1,h2:2/" },
		{ "mongodb+srv://h/?tls=true",
		  "mongodb+srv://h/?tls=true" },
		{ "mongodb://u:p@h/?tlsCertificateKeyFilePassword=x&w=1",
		  "mongodb://u:***@h/?tlsCertificateKeyFilePassword=***&w=1" },
	};

	AUTO_FREE char *plain = NULL;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		AUTO_FREE char *shown = site_value_mask("MONGO_URL",
		    cases[i].value);

		assert_string_equal(shown, cases[i].shown);
	}
	plain = site_value_mask("X", "https://chat.corp.test:443/a");
	assert_string_equal(plain, "https://chat.corp.test:443/a");
}

static void
private_keys_are_hidden_whatever_their_name(void **state)
{
	static const char *const keys[] = {
		"-----BEGIN PRIVATE KEY-----\nMIIE\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
		/* The same as base64, as a Kubernetes secret holds it. */
		"LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUU=",
		"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=",
		"LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCg==",
		"LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRVktLS0tLQo=",
	};
	AUTO_FREE char	*open = NULL;

	(void)state;
	for (size_t i = 0; i < LENGTH(keys); i++) {
		AUTO_FREE char *shown = site_value_mask("data[\"tls.key\"]",
		    keys[i]);

		assert_string_equal(shown, "***");
	}
	open = site_value_mask("data[\"tls.crt\"]",
	    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==");
	assert_string_equal(open, "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_name_file_and_line),
		cmocka_unit_test(
		    mongo_url_is_masked_as_fact_and_whole_as_secret),
		cmocka_unit_test(
		    ldap_servers_come_in_search_order_with_defaults),
		cmocka_unit_test(
		    without_community_config_a_sentence_says_why),
		cmocka_unit_test(a_broken_file_does_not_hide_the_others),
		cmocka_unit_test(control_characters_do_not_reach_a_fact),
		cmocka_unit_test(helm_values_and_secrets_are_read),
		cmocka_unit_test(windows_chat_server_is_read),
		cmocka_unit_test(variables_are_put_in_as_compose_does),
		cmocka_unit_test(secret_keys_are_known),
		cmocka_unit_test(passwords_in_urls_are_hidden),
		cmocka_unit_test(private_keys_are_hidden_whatever_their_name),
	};

	return cmocka_run_group_tests_name("site facts", tests, NULL, NULL);
}
