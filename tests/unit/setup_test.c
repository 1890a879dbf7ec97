/*
 * First-time set-up on a host that has nothing: what it shows, who may what,
 * which deployment is meant.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/setup.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "site_tree.h"
#include "toy.h"

/* A directory of three people; two of them share a uid. */
static bool
search_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	(void)e;
	assert_non_null(json_str(params, "text"));
	*result = json_pack("{s:[{s:s,s:s,s:s},{s:s,s:s,s:s},"
	    "{s:s,s:s,s:s},{s:s,s:s,s:s}]}", "people",
	    "uid", "kim", "mail", "kim@corp.test", "name", "Kim Berg",
	    "uid", "kimberly", "mail", "kimberly@corp.test", "name", "K",
	    "uid", "twin", "mail", "one@corp.test", "name", "One",
	    "uid", "twin", "mail", "two@corp.test", "name", "Two");
	return *result != NULL;
}

static const struct verb_param search_params[] = {
	{ .name = "text", .type = PARAM_TEXT, .help = "x" },
	{ .name = "limit", .type = PARAM_INT, .max = 5000, .help = "x" },
};
static const struct verb directory_verbs[] = {
	{ .name = "directory.search", .role = ROLE_VIEWER, .read =
	  search_read, .params = search_params, .param_count = 2 },
};
static const struct service directory = {
	"directory", directory_verbs, LENGTH(directory_verbs), NULL, 0
};
static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &setup_service,
	&directory
};
static const struct registry registry = { services, LENGTH(services) };

struct host {
	struct toy		 toy;
	struct site_tree	 tree;
	char			*roles;		/* roles.yaml, not there yet */
	char			*cwd;
};

/* Away from any deployment that the tests may be run in. */
static int
setup(void **state)
{
	struct host *h = calloc(1, sizeof(*h));

	toy_init(&h->toy);
	h->toy.ctx.registry = &registry;
	site_tree_make(&h->tree);
	h->roles = site_tree_path(&h->tree, "etc/stconsole/roles.yaml");
	h->cwd = getcwd(NULL, 0);
	assert_int_equal(chdir("/"), 0);
	*state = h;
	return 0;
}

static int
teardown(void **state)
{
	struct host *h = *state;

	assert_int_equal(chdir(h->cwd), 0);
	site_free(h->toy.ctx.site);
	site_tree_remove(&h->tree);
	toy_fini(&h->toy);
	free(h->roles);
	free(h->cwd);
	free(h);
	return 0;
}

static json_t *
ask(struct host *h, const char *verb, json_t *given)
{
	AUTO_JSON json_t	*params = given;
	json_t			*result = NULL;
	struct plan		*none = NULL;
	struct err		 e = { 0 };

	if (!verb_call(&h->toy.ctx, registry_verb(&registry, verb), params,
	    &result, &none, &e))
		fail_msg("%s", e.msg);
	return result;
}

static void
apply(struct host *h, const char *verb, json_t *params)
{
	struct job_result	 r;
	struct err		 e = { 0 };

	if (!toy_apply(&h->toy, verb, params, &r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(r.state, JOB_DONE);
}

/* The reason why a plan is blocked or refused; asserts that it is. */
static void
is_refused(struct host *h, const char *verb, json_t *given,
    const char *words)
{
	AUTO_JSON json_t	*params = given;
	AUTO_PLAN struct plan	*plan = NULL;
	json_t			*none = NULL;
	struct err		 e = { 0 };

	if (verb_call(&h->toy.ctx, registry_verb(&registry, verb), params,
	    &none, &plan, &e)) {
		assert_true(plan_is_blocked(plan));
		assert_false(plan_blocked_err(plan, &e));
	}
	if (strstr(e.msg, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
}

static char *
roles_text(const struct host *h)
{
	struct buf text = BUF_INIT;

	if (!file_exists(AT_FDCWD, h->roles))
		return strdup("");
	assert_true(file_read(AT_FDCWD, h->roles, 65536, &text, NULL));
	return buf_take(&text);
}

static json_t *
role(struct host *h, const char *name, const char *what)
{
	return json_pack("{s:s, s:s, s:s}", "name", name, "role", what,
	    "roles_file", h->roles);
}

static const json_t *
step(const json_t *shown, const char *id)
{
	const json_t	*row;
	size_t		 i;

	json_array_foreach (json_object_get(shown, "steps"), i, row)
		if (strcmp(json_text(row, "id"), id) == 0)
			return row;
	fail_msg("no step %s", id);
	return NULL;
}

static void
step_is(struct host *h, const char *id, const char *wanted)
{
	AUTO_JSON json_t *shown = ask(h, "setup.show", json_pack("{s:s}",
	    "roles_file", h->roles));

	assert_string_equal(json_text(step(shown, id), "state"), wanted);
}

/* A folder that is gone: this machine itself may have a deployment. */
static void
test_an_empty_host_says_what_to_do_first(void **state)
{
	struct host		*h = *state;
	AUTO_JSON json_t	*shown = NULL;

	apply(h, "settings.set", json_pack("{s:s, s:s}", "name",
	    "site.default", "value", "/nonexistent"));
	shown = ask(h, "setup.show", json_pack("{s:s}", "roles_file",
	    h->roles));
	assert_string_equal(json_text(step(shown, "site"), "state"), "open");
	assert_non_null(strstr(json_text(step(shown, "site"), "text"),
	    "/nonexistent"));
	assert_string_equal(json_text(step(shown, "mongo"), "state"),
	    "blocked");
	assert_string_equal(json_text(step(shown, "admin"), "state"),
	    "blocked");
	assert_string_equal(json_text(step(shown, "roles"), "state"),
	    "open");
	assert_string_equal(json_text(step(shown, "state"), "state"),
	    "done");
	assert_false(json_flag(shown, "finished"));
}

static void
test_a_chosen_deployment_is_meant_and_site_is_stronger(void **state)
{
	struct host	*h = *state;
	AUTO_FREE char	*one = NULL, *two = NULL;
	struct site	*site;
	struct ctx	 other;

	site_tree_compose(&h->tree, "one");
	site_tree_compose(&h->tree, "two");
	one = site_tree_path(&h->tree, "one");
	two = site_tree_path(&h->tree, "two");
	is_refused(h, "setup.site", json_pack("{s:s}", "folder",
	    h->tree.dir), "holds no Sametime deployment");
	is_refused(h, "setup.site", json_pack("{s:s}", "folder", "demo"),
	    "folder");
	apply(h, "setup.site", json_pack("{s:s}", "folder", one));
	other = h->toy.ctx;
	other.site_id[0] = '\0';
	assert_true(site_need(&other, &site, NULL));
	assert_string_equal(site_root(site), one);
	site_free(site);
	other.site = NULL;
	other.site_id[0] = '\0';
	other.site_wanted = two;
	assert_true(site_need(&other, &site, NULL));
	assert_string_equal(site_root(site), two);
	site_free(site);
	/* Who stands inside a deployment means that one. */
	other.site = NULL;
	other.site_id[0] = '\0';
	other.site_wanted = NULL;
	assert_int_equal(chdir(two), 0);
	assert_true(site_need(&other, &site, NULL));
	assert_string_equal(site_root(site), two);
	site_free(site);
}

static void
test_a_chosen_deployment_that_is_gone_names_the_setting(void **state)
{
	struct host	*h = *state;
	struct ctx	 other = h->toy.ctx;
	struct site	*site;
	struct err	 e = { 0 };

	apply(h, "settings.set", json_pack("{s:s, s:s}", "name",
	    "site.default", "value", "/nonexistent"));
	other.site_id[0] = '\0';
	assert_false(site_need(&other, &site, &e));
	assert_non_null(strstr(e.msg, "site.default"));
	assert_non_null(strstr(e.hint, "setup site"));
}

static void
test_a_step_set_aside_counts_no_more_until_taken_up(void **state)
{
	struct host *h = *state;
	AUTO_JSON json_t *shown = ask(h, "setup.show", NULL);
	const json_t	*row;
	size_t		 i;

	json_array_foreach (json_object_get(shown, "steps"), i, row) {
		AUTO_JSON json_t *given = json_pack("{s:s}", "step",
		    json_text(row, "id")), *params = NULL;

		params = verb_params(registry_verb(&registry, "setup.skip"),
		    given, NULL);
		assert_non_null(params);
	}
	step_is(h, "theme", "open");
	apply(h, "setup.skip", json_pack("{s:s}", "step", "theme"));
	apply(h, "setup.skip", json_pack("{s:s}", "step", "roles"));
	step_is(h, "theme", "skipped");
	step_is(h, "roles", "skipped");
	apply(h, "setup.skip", json_pack("{s:s, s:b}", "step", "theme",
	    "back", 1));
	step_is(h, "theme", "open");
	step_is(h, "roles", "skipped");
	apply(h, "setup.skip", json_pack("{s:s, s:b}", "step", "roles",
	    "back", 1));
	step_is(h, "roles", "open");
	/* Done is done, whatever was set aside before. */
	apply(h, "setup.skip", json_pack("{s:s}", "step", "theme"));
	apply(h, "settings.set", json_pack("{s:s, s:s}", "name", "ui.theme",
	    "value", "dark"));
	step_is(h, "theme", "done");
}

/* The list of choices is the one of the settings. */
static void
test_every_look_that_can_be_chosen_is_a_setting(void **state)
{
	struct host		*h = *state;
	const struct verb	*v = registry_verb(&registry, "setup.look");
	size_t			 i, n;

	for (i = 0; i < v->param_count; i++) {
		const char *c = v->params[i].choices;

		for (; *c != '\0'; c += n + (c[n] == '|')) {
			AUTO_FREE char *choice = NULL;

			n = strcspn(c, "|");
			choice = strndup(c, n);
			apply(h, "setup.look", json_pack("{s:s}",
			    v->params[i].name, choice));
		}
	}
	step_is(h, "theme", "done");
	is_refused(h, "setup.look", json_object(), "theme");
	apply(h, "setup.look", json_pack("{s:s, s:s}", "ui_theme", "auto",
	    "ui_profile", "auto"));
	step_is(h, "theme", "open");
}

static void
test_the_first_role_names_its_writer_too(void **state)
{
	struct host	*h = *state;
	AUTO_FREE char	*text = NULL;

	apply(h, "setup.role", role(h, "ops", "operator"));
	text = roles_text(h);
	assert_non_null(strstr(text, "  \"kim\": admin\n"));
	assert_non_null(strstr(text, "  \"ops\": operator\n"));
	step_is(h, "roles", "done");
}

static void
test_a_role_changes_one_line_and_undo_restores_the_bytes(void **state)
{
	static const char	 old[] = "# ours\nusers:\n  kim: admin  # me\n"
				    "  lee:   viewer\n\n# end\n";
	struct host		*h = *state;
	AUTO_FREE char		*text = NULL, *after = NULL;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	site_tree_put(&h->tree, "etc/stconsole/roles.yaml", old);
	if (!toy_apply(&h->toy, "setup.role", role(h, "lee", "operator"), &r,
	    &e))
		fail_msg("%s", e.msg);
	text = roles_text(h);
	assert_string_equal(text, "# ours\nusers:\n  kim: admin  # me\n"
	    "  lee:   operator\n\n# end\n");
	if (!toy_undo(&h->toy, r.id, &u, &e))
		fail_msg("%s", e.msg);
	after = roles_text(h);
	assert_string_equal(after, old);
}

static void
test_the_first_group_is_added_and_a_name_can_be_taken_out(void **state)
{
	struct host	*h = *state;
	json_t		*group = role(h, "wheel", "admin");
	AUTO_FREE char	*one = NULL, *two = NULL;

	site_tree_put(&h->tree, "etc/stconsole/roles.yaml",
	    "users:\n  kim: admin\n  lee: viewer");
	json_object_set_new(group, "group", json_true());
	apply(h, "setup.role", group);
	one = roles_text(h);
	assert_string_equal(one, "users:\n  kim: admin\n  lee: viewer\n"
	    "groups:\n  \"wheel\": admin\n");
	apply(h, "setup.role", role(h, "lee", "none"));
	two = roles_text(h);
	assert_string_equal(two, "users:\n  kim: admin\n"
	    "groups:\n  \"wheel\": admin\n");
}

static void
test_nobody_takes_the_role_of_admin_from_themselves(void **state)
{
	struct host	*h = *state;
	AUTO_FREE char	*text = NULL;

	site_tree_put(&h->tree, "etc/stconsole/roles.yaml",
	    "users:\n  kim: admin\n");
	is_refused(h, "setup.role", role(h, "kim", "viewer"), "kim");
	is_refused(h, "setup.role", role(h, "kim", "none"), "kim");
	is_refused(h, "setup.role", role(h, "a b", "admin"), "a b");
	is_refused(h, "setup.role", role(h, "lee\": admin", "admin"), "lee");
	text = roles_text(h);
	assert_string_equal(text, "users:\n  kim: admin\n");
}

/* Through serve it would be read by root. */
static void
test_a_viewer_does_not_choose_which_file_is_read(void **state)
{
	struct host *h = *state;

	h->toy.who.role = ROLE_VIEWER;
	is_refused(h, "setup.show", json_pack("{s:s}", "roles_file",
	    h->roles), "for an admin");
	h->toy.who.role = ROLE_ADMIN;
	step_is(h, "roles", "open");
}

static void
test_undo_of_the_first_role_takes_the_file_away(void **state)
{
	struct host		*h = *state;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	if (!toy_apply(&h->toy, "setup.role", role(h, "lee", "viewer"), &r,
	    &e) || !toy_undo(&h->toy, r.id, &u, &e))
		fail_msg("%s", e.msg);
	assert_false(file_exists(AT_FDCWD, h->roles));
}

static void
you_are(struct host *h, const char *mail, const char *by)
{
	AUTO_JSON json_t *me = ask(h, "me.show", NULL);

	assert_string_equal(json_text(me, "mail"), mail);
	assert_string_equal(json_text(me, "by"), by);
	assert_string_equal(json_text(me, "reason"), "");
}

static void
test_you_are_the_setting_else_the_one_entry_of_your_login(void **state)
{
	struct host	*h = *state;
	AUTO_FREE char	*one = NULL;

	site_tree_compose(&h->tree, "one");
	one = site_tree_path(&h->tree, "one");
	h->toy.ctx.site_wanted = one;
	h->toy.ctx.site_id[0] = '\0';
	you_are(h, "kim@corp.test", "login");
	snprintf(h->toy.who.user, sizeof(h->toy.who.user), "twin");
	you_are(h, "", "nothing");
	snprintf(h->toy.who.user, sizeof(h->toy.who.user), "root");
	you_are(h, "", "nothing");
	snprintf(h->toy.who.sudo_user, sizeof(h->toy.who.sudo_user), "kim");
	you_are(h, "kim@corp.test", "login");
	apply(h, "settings.set", json_pack("{s:s, s:s}", "name", "me.mail",
	    "value", "lee@corp.test"));
	you_are(h, "lee@corp.test", "setting");
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_an_empty_host_says_what_to_do_first),
		TEST(test_a_chosen_deployment_is_meant_and_site_is_stronger),
		TEST(test_a_chosen_deployment_that_is_gone_names_the_setting),
		TEST(test_a_step_set_aside_counts_no_more_until_taken_up),
		TEST(test_every_look_that_can_be_chosen_is_a_setting),
		TEST(test_the_first_role_names_its_writer_too),
		TEST(test_a_role_changes_one_line_and_undo_restores_the_bytes),
		TEST(test_the_first_group_is_added_and_a_name_can_be_taken_out),
		TEST(test_nobody_takes_the_role_of_admin_from_themselves),
		TEST(test_a_viewer_does_not_choose_which_file_is_read),
		TEST(test_undo_of_the_first_role_takes_the_file_away),
		TEST(test_you_are_the_setting_else_the_one_entry_of_your_login),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
