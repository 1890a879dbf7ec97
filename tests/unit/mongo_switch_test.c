/*
 * Another MongoDB for the site: every place that names it gets the new URL in
 * its own spelling, and no password is in the plan.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/site/site_private.h"
#include "site_tree.h"
#include "stconsole/blob.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/prepare.h"
#include "stconsole/str.h"
#include "toy.h"

static const struct service *const services[] = {
	&core_service, &site_service, &site_daily_service, &snapshot_service
};
static const struct registry registry = { services, LENGTH(services) };

struct world {
	struct toy		 toy;
	struct site_tree	 tree;
	struct plan		*plan;
	struct err		 e;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	toy_init(&w->toy);
	site_tree_make(&w->tree);
	w->toy.ctx.registry = &registry;
	w->toy.ctx.site_wanted = w->tree.dir;
	w->toy.ctx.site_id[0] = '\0';
	*state = w;
	return 0;
}

static void
again(struct world *w)
{
	plan_free(w->plan);
	w->plan = NULL;
	site_free(w->toy.ctx.site);
	w->toy.ctx.site = NULL;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	again(w);
	site_tree_remove(&w->tree);
	toy_fini(&w->toy);
	free(w);
	return 0;
}

static bool
switch_to(struct world *w, const char *url)
{
	AUTO_SECRET struct secret	*s = secret_new(url, strlen(url),
	    NULL);
	AUTO_JSON json_t		*params = json_object();

	again(w);
	memset(&w->e, 0, sizeof(w->e));
	w->plan = plan_new(&w->toy.ctx, "mongo.prepare_urls", params, &w->e);
	assert_non_null(w->plan);
	return prepare_plan_urls(&w->toy.ctx, w->plan, s, &w->e);
}

static void
switched(struct world *w, const char *url)
{
	if (!switch_to(w, url))
		fail_msg("%s", w->e.msg);
}

/* What the plan would write into a file; "" for nothing. */
static char *
text_of(struct world *w, const char *path)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	json_t			*step;
	size_t			 i;

	if (!plan_blobs_store(&w->toy.ctx, w->plan, &w->e))
		fail_msg("%s", w->e.msg);
	json_array_foreach(plan_steps(w->plan), i, step) {
		const json_t *args = json_object_get(json_object_get(
		    step, "do"), "args");

		if (strcmp(json_text(args, "path"), path) == 0 &&
		    !blob_get(&w->toy.ctx, json_text(args, "after"), &text,
		    &w->e))
			fail_msg("%s", w->e.msg);
	}
	return strdup(buf_str(&text));
}

static void
has(struct world *w, const char *path, const char *line)
{
	AUTO_FREE char *text = text_of(w, path);

	if (strstr(text, line) == NULL)
		fail_msg("%s lacks %s:\n%s", path, line, text);
}

static void
merged(const char *old_url, const char *new_url, const char *wanted)
{
	AUTO_BUF struct buf out = BUF_INIT;

	site_mongo_merge(old_url, new_url, &out);
	assert_string_equal(buf_str(&out), wanted);
	/* A second time nothing changes. */
	buf_reset(&out);
	site_mongo_merge(wanted, new_url, &out);
	assert_string_equal(buf_str(&out), wanted);
}

static void
test_what_is_of_the_servers_goes_with_them(void **state)
{
	(void)state;
	merged("mongodb://a:b@old/", "mongodb://c:d@new:1,n2/?replicaSet=rs1",
	    "mongodb://c:d@new:1,n2/?replicaSet=rs1");
	merged("mongodb://a:b@old/admin?retryWrites=true&w=majority&tls=true"
	    "&tlsCAFile=/x&replicaSet=rs0", "mongodb://c:d@new",
	    "mongodb://c:d@new/admin?retryWrites=true&w=majority");
	merged("mongodb://a:b@old/?w=1&appName=x", "mongodb://n/?W=majority",
	    "mongodb://n/?W=majority&appName=x");
	merged("mongodb://a:b@old/chat?w=1", "mongodb://c:d@n/",
	    "mongodb://c:d@n/chat?authSource=admin&w=1");
	merged("mongodb+srv://a:b@c/", "mongodb://c:d@n/other",
	    "mongodb://c:d@n/other");
	merged("", "mongodb://c:d@n/?tls=true", "mongodb://c:d@n/?tls=true");
	/* The guide's sample, with a full stop where "@" belongs. */
	merged("mongodb://u:p.host:27017/", "mongodb://u:p@host/",
	    "mongodb://u:p@host/");
}

static void
test_every_place_of_a_compose_site_is_written(void **state)
{
	struct world *w = *state;

	site_tree_compose(&w->tree, "");
	site_tree_put(&w->tree, "chatlogging.ini", "; ours\n[ChatLogging]\n"
	    "CL_MONGO_URL=mongodb://u:p@old/admin?retryWrites=true\n"
	    "CL_OTHER=1\n");
	site_tree_put(&w->tree, "docker-compose.yml", "services:\n"
	    "  community:\n    image: x/st/chat-server\n"
	    "    env_file: custom.env\n    volumes:\n"
	    "      - ./tls:/local/tls:ro\n  catalog:\n    image: y\n"
	    "    environment:\n      - MONGO_URL=mongodb://u:a$$b@old/\n"
	    "  files:\n    image: z\n    environment:\n"
	    "      MONGO_URL: ${MONGO_URL}\n");
	switched(w, "mongodb://u:x$y@new1:1,new2:1/?replicaSet=rs1");
	has(w, "custom.env", "MONGO_URL=mongodb://old:old@mongo0.corp.test/\n"
	    "MONGO_URL='mongodb://u:x$y@new1:1,new2:1/?replicaSet=rs1'\n");
	has(w, "chatlogging.ini", "; ours\n[ChatLogging]\nCL_MONGO_URL="
	    "mongodb://u:x$y@new1:1,new2:1/admin?replicaSet=rs1"
	    "&retryWrites=true\nCL_OTHER=1\n");
	has(w, "docker-compose.yml",
	    "- MONGO_URL=mongodb://u:x$$y@new1:1,new2:1/?replicaSet=rs1\n");
	has(w, "docker-compose.yml", "MONGO_URL: ${MONGO_URL}\n");
}

static void
test_no_password_is_in_the_plan(void **state)
{
	struct world	*w = *state;
	AUTO_JSON json_t *saved = NULL;
	AUTO_FREE char	*text = NULL;

	site_tree_compose(&w->tree, "");
	switched(w, "mongodb://u:n3w-hush@new/?replicaSet=rs0");
	saved = json_pack("[o, o]", plan_save(w->plan), plan_json(w->plan));
	text = json_canonical(saved);
	assert_null(strstr(text, "n3w-hush"));
	assert_null(strstr(text, "p%40ss"));
	if (strstr(text, "@new/") == NULL)
		fail_msg("%s", text);
}

static void
test_a_second_time_nothing_is_to_do(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*text = NULL;

	site_tree_compose(&w->tree, "");
	switched(w, "mongodb://u:p@new/?replicaSet=rs0");
	assert_false(plan_is_empty(w->plan));
	text = text_of(w, "custom.env");
	site_tree_put(&w->tree, "custom.env", text);
	switched(w, "mongodb://u:p@new/?replicaSet=rs0");
	assert_true(plan_is_empty(w->plan));
}

static void
test_a_ca_file_is_named_as_the_containers_see_it(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*url = str_format("mongodb://u:p@n/?tls=true&"
	    "tlsCAFile=%s/tls/new%%20ca.pem", w->tree.dir);

	site_tree_compose(&w->tree, "");
	switched(w, url);
	has(w, "custom.env", "@n/?tls=true&"
	    "tlsCAFile=/local/tls/new%20ca.pem\n");
	/* Given as the containers see it: it stays. */
	switched(w, "mongodb://u:p@n/?tls=true&tlsCAFile=/local/tls/c.pem");
	has(w, "custom.env", "tlsCAFile=/local/tls/c.pem\n");
	assert_false(switch_to(w, "mongodb://u:p@n/?tlsCAFile=/else/c.pem"));
	assert_int_equal(w->e.domain, ERR_REFUSED);
	assert_non_null(strstr(w->e.msg, "/else/c.pem"));
}

static void
test_a_chart_gets_it_in_base64(void **state)
{
	struct world *w = *state;

	site_tree_put(&w->tree, "helm/Chart.yaml", "name: sametime\n");
	site_tree_put(&w->tree, "helm/values.yaml", "global: {}\n");
	site_tree_put(&w->tree, "helm/templates/sametime-secrets.yaml",
	    "apiVersion: v1\nkind: Secret\nmetadata:\n"
	    "  name: sametime-global-secrets\ndata:\n"
	    "  JwtSecret: YWJj\n"
	    "  MongoConnectionUrl: bW9uZ29kYjovL2E6YkBvbGQv\n");
	switched(w, "mongodb://a:b@new/");
	has(w, "helm/templates/sametime-secrets.yaml", "  JwtSecret: YWJj\n"
	    "  MongoConnectionUrl: bW9uZ29kYjovL2E6YkBuZXcv\n");
}

static void
test_a_value_that_the_template_makes_is_refused(void **state)
{
	struct world *w = *state;

	site_tree_put(&w->tree, "helm/Chart.yaml", "name: sametime\n");
	site_tree_put(&w->tree, "helm/values.yaml", "global: {}\n");
	site_tree_put(&w->tree, "helm/templates/sametime-secrets.yaml",
	    "apiVersion: v1\nkind: Secret\ndata:\n"
	    "  MongoConnectionUrl: {{ .Values.global.url | b64enc }}\n");
	assert_false(switch_to(w, "mongodb://a:b@new/"));
	assert_int_equal(w->e.domain, ERR_REFUSED);
	assert_non_null(strstr(w->e.msg, "line 4"));
}

static void
test_a_site_without_a_url_gets_it_in_custom_env(void **state)
{
	struct world *w = *state;

	site_tree_compose(&w->tree, "");
	site_tree_put(&w->tree, "custom.env", "PUBLIC_URL=https://a.b\n");
	switched(w, "mongodb://a:b@new/");
	has(w, "custom.env", "MONGO_URL=mongodb://a:b@new/");
}

static void
test_what_is_no_url_is_told(void **state)
{
	struct world *w = *state;

	site_tree_compose(&w->tree, "");
	assert_false(switch_to(w, "mongodb://u:a/b@new/"));
	assert_non_null(strstr(w->e.msg, "percent-encoded"));
	assert_false(switch_to(w, "new:27017"));
}

static void
test_places_that_differ_are_named(void **state)
{
	struct world	*w = *state;
	struct site	*site;
	AUTO_JSON json_t *places = NULL;
	AUTO_FREE char	*text = NULL;

	site_tree_compose(&w->tree, "");
	site_tree_put(&w->tree, "chatlogging.ini", "[ChatLogging]\n"
	    "CL_MONGO_URL=mongodb://u:hush@other/\n");
	assert_true(site_need(&w->toy.ctx, &site, &w->e));
	text = json_canonical(site->contradictions);
	assert_non_null(strstr(text, "CL_MONGO_URL and MONGO_URL name "
	    "different servers of MongoDB"));
	assert_true(site_mongo_places(site, &places, &w->e));
	assert_int_equal(json_array_size(places), 2);
	free(text);
	text = json_canonical(places);
	assert_null(strstr(text, "hush"));
	assert_non_null(strstr(text, "\"hosts\":\"other\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_of_the_servers_goes_with_them),
		cmocka_unit_test_setup_teardown(
		    test_every_place_of_a_compose_site_is_written, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_password_is_in_the_plan, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_second_time_nothing_is_to_do, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_ca_file_is_named_as_the_containers_see_it, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_chart_gets_it_in_base64, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_value_that_the_template_makes_is_refused, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_site_without_a_url_gets_it_in_custom_env, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_is_no_url_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_places_that_differ_are_named, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
