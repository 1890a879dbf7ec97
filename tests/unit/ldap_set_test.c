/*
 * New LDAP settings keep the spelling of the file, touch one connection and
 * show no password.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/site.h"

#include "site_tree.h"
#include "toy.h"

static const char config[] = "<Root>\n  <LDAP>\n"
    "    <Connection SearchOrder=\"2\" HostName=\"second\" Port=\"389\"/>\n"
    "    <Connection SearchOrder=\"1\" Hostname=\"first\" SSLEnabled="
    "\"true\"\n        SSLPort=\"1636\" Port=\"1389\" BindEntryDn=\"cn=a\""
    " BindEntryPwd=\"0ld-secret\"/>\n  </LDAP>\n</Root>\n";

static const struct service *const services[] = {
	&core_service, &site_service, &site_daily_service, &snapshot_service
};
static const struct registry registry = { services, LENGTH(services) };

struct world {
	struct toy		 toy;
	struct site_tree	 tree;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	toy_init(&w->toy);
	site_tree_make(&w->tree);
	site_tree_compose(&w->tree, "");
	site_tree_put(&w->tree, "StCommunityConfig.xml", config);
	w->toy.ctx.registry = &registry;
	w->toy.ctx.site_wanted = w->tree.dir;
	w->toy.ctx.site_id[0] = '\0';
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	site_free(w->toy.ctx.site);
	site_tree_remove(&w->tree);
	toy_fini(&w->toy);
	free(w);
	return 0;
}

/* The diff of the write of new settings for the first server. */
static char *
diff_of(struct world *w, const struct site_ldap_new *n)
{
	const struct site_ldap	*servers;
	AUTO_JSON json_t	*params = json_object();
	AUTO_PLAN struct plan	*plan = NULL;
	struct site		*site;
	struct err		 e = { 0 };
	size_t			 count;

	plan = plan_new(&w->toy.ctx, "directory.set", params, &e);
	assert_non_null(plan);
	if (!site_need(&w->toy.ctx, &site, &e) || !site_ldap_servers(site,
	    &servers, &count, &e) || !site_plan_ldap(&w->toy.ctx, plan,
	    &servers[0], n, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(count, 2);
	assert_string_equal(servers[0].host, "first");
	assert_int_equal(servers[0].port, 1636);
	assert_int_equal(servers[0].other_port, 1389);
	return strdup(plan_is_empty(plan) ? "" : json_text(json_array_get(
	    plan_steps(plan), 0), "diff"));
}

static void
test_the_spelling_of_the_file_stays(void **state)
{
	const struct site_ldap_new n = { .host = "third", .port = 1390,
	    .use_ldaps = false };
	AUTO_FREE char *diff = diff_of(*state, &n);

	assert_non_null(strstr(diff, "Hostname=\"third\""));
	assert_non_null(strstr(diff, "SSLEnabled=\"false\""));
	assert_non_null(strstr(diff, "SSLPort=\"1636\" Port=\"1390\""));
	assert_null(strstr(diff, "HostName=\"third\""));
	assert_null(strstr(diff, "-    <Connection SearchOrder=\"2\""));
}

static void
test_no_password_is_in_the_preview(void **state)
{
	AUTO_SECRET struct secret	*new = secret_new("n3w-secret", 10,
	    NULL);
	const struct site_ldap_new	 n = { .use_ldaps = true,
	    .bind_password = new };
	AUTO_FREE char			*diff = diff_of(*state, &n);

	assert_string_not_equal(diff, "");
	assert_null(strstr(diff, "n3w-secret"));
	assert_null(strstr(diff, "0ld-secret"));
}

static void
test_what_is_so_already_is_no_step(void **state)
{
	const struct site_ldap_new n = { .host = "first", .port = 1636,
	    .use_ldaps = true, .bind_dn = "cn=a" };
	AUTO_FREE char *diff = diff_of(*state, &n);

	assert_string_equal(diff, "");
}

static void
test_what_the_file_lacks_is_added(void **state)
{
	const struct site_ldap_new n = { .use_ldaps = true,
	    .base = "ou=a & b,dc=test" };
	AUTO_FREE char *diff = diff_of(*state, &n);

	assert_non_null(strstr(diff, "PersonResolveBase=\"ou=a &amp; b,"
	    "dc=test\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_the_spelling_of_the_file_stays),
		TEST(test_no_password_is_in_the_preview),
		TEST(test_what_is_so_already_is_no_step),
		TEST(test_what_the_file_lacks_is_added),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
