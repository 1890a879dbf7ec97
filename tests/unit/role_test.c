/*
 * Who may: roles.yaml as an administrator writes it, and what each role is
 * let through the door for.
 */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "toy.h"

struct me {
	char	*file, *user, *group;
};

static int
setup(void **state)
{
	char		 template[] = "/tmp/stconsole-roles.XXXXXX";
	struct me	*m = calloc(1, sizeof(*m));
	int		 fd = mkstemp(template);

	assert_true(fd >= 0);
	close(fd);
	m->file = strdup(template);
	m->user = strdup(getpwuid(getuid())->pw_name);
	m->group = strdup(getgrgid(getpwuid(getuid())->pw_gid)->gr_name);
	*state = m;
	return 0;
}

static int
teardown(void **state)
{
	struct me *m = *state;

	unlink(m->file);
	free(m->file);
	free(m->user);
	free(m->group);
	free(m);
	return 0;
}

/* The role that a roles file gives to us; text is a printf of user, group. */
static enum role
role_by(struct me *m, const char *text)
{
	struct identity	who;
	struct err	e = { 0 };

	assert_true(file_write(AT_FDCWD, m->file, text, strlen(text), 0600,
	    NULL));
	if (!identity_self(m->file, &who, &e))
		fail_msg("%s", e.msg);
	assert_string_equal(who.user, m->user);
	return who.role;
}

static void
test_without_a_file_root_is_admin_and_everybody_else_viewer(void **state)
{
	struct identity	who;
	struct err	e = { 0 };
	pid_t		pid;
	int		status;

	(void)state;
	assert_true(identity_self("/etc/no-such-roles.yaml", &who, &e));
	assert_int_equal(who.role, getuid() == 0 ? ROLE_ADMIN : ROLE_VIEWER);
	if (getuid() != 0)
		return;
	pid = fork();
	if (pid == 0) {
		if (setuid(4321) < 0 ||
		    !identity_self("/etc/no-such-roles.yaml", &who, &e))
			_exit(1);
		_exit(who.role == ROLE_VIEWER &&
		    str_equal(who.user, "4321") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_users_and_groups_have_the_role_of_the_file(void **state)
{
	struct me	*m = *state;
	static const struct {
		const char	*role;
		enum role	 want;
	} roles[] = { { "viewer", ROLE_VIEWER }, { "operator", ROLE_OPERATOR },
	    { "admin", ROLE_ADMIN } };
	size_t		 i;

	for (i = 0; i < LENGTH(roles); i++) {
		AUTO_FREE char *user = str_format("users:\n  %s: %s\n",
		    m->user, roles[i].role);
		AUTO_FREE char *group = str_format(
		    "# ours\ngroups: {\"%s\": %s}\n", m->group,
		    roles[i].role);

		assert_int_equal(role_by(m, user), roles[i].want);
		assert_int_equal(role_by(m, group), roles[i].want);
	}
}

static void
test_the_highest_of_several_roles_counts(void **state)
{
	struct me	*m = *state;
	AUTO_FREE char	*text = str_format(
	    "users: {%s: viewer}\ngroups: {%s: operator}\n", m->user,
	    m->group);

	assert_int_equal(role_by(m, text), ROLE_OPERATOR);
}

static void
test_who_is_not_named_is_a_viewer_even_root(void **state)
{
	struct me *m = *state;

	assert_int_equal(role_by(m, "users: {somebody-else: admin}\n"),
	    ROLE_VIEWER);
	assert_int_equal(role_by(m, ""), ROLE_VIEWER);
	assert_int_equal(role_by(m, "users:\n"), ROLE_VIEWER);
	assert_int_equal(role_by(m, "users: [a, b]\ngroups: 5\n"),
	    ROLE_VIEWER);
}

static void
test_a_file_that_makes_no_sense_lets_nobody_in(void **state)
{
	struct me	*m = *state;
	AUTO_FREE char	*word = str_format("users:\n  %s: root\n", m->user);
	const char	*bad[] = { "users: [\n", "\xff\xfe: x\n\t- {", word };
	struct identity	 who;
	size_t		 i;

	for (i = 0; i < LENGTH(bad); i++) {
		struct err e = { 0 };

		assert_true(file_write(AT_FDCWD, m->file, bad[i],
		    strlen(bad[i]), 0600, NULL));
		assert_false(identity_self(m->file, &who, &e));
		assert_non_null(strstr(e.msg, m->file));
	}
}

static void
test_sudo_user_is_recorded_and_never_trusted(void **state)
{
	struct me	*m = *state;
	struct identity	 who;
	struct err	 e = { 0 };
	static const char text[] = "users: {boss: admin}\n";

	assert_true(file_write(AT_FDCWD, m->file, text, strlen(text), 0600,
	    NULL));
	setenv("SUDO_USER", "boss", 1);
	assert_true(identity_self(m->file, &who, &e));
	assert_string_equal(who.sudo_user, "boss");
	assert_string_equal(who.user, m->user);
	assert_int_equal(who.role, ROLE_VIEWER);
	setenv("SUDO_USER", "b\x1b[2J\xff", 1);
	assert_true(identity_self(m->file, &who, &e));
	assert_string_equal(who.sudo_user, "b?[2J?");
	unsetenv("SUDO_USER");
}

/* --- the door ----------------------------------------------------------- */

static bool
may(struct toy *t, const char *verb, json_t *params, struct err *e)
{
	AUTO_JSON json_t	*held = params, *result = NULL;
	AUTO_PLAN struct plan	*plan = NULL;

	err_clear(e);
	(void)verb_call(&t->ctx, registry_verb(t->ctx.registry, verb), held,
	    &result, &plan, e);
	return e->domain != ERR_REFUSED;
}

static void
test_each_role_is_let_through_for_its_verbs_only(void **state)
{
	static const struct {
		const char	*verb;
		enum role	 least;
	} table[] = {
		{ "job.list", ROLE_VIEWER }, { "toy.set", ROLE_OPERATOR },
		{ "settings.set", ROLE_ADMIN }
	};
	struct toy	t;
	struct err	e;
	size_t		i;
	enum role	role;

	(void)state;
	toy_init(&t);
	for (i = 0; i < LENGTH(table); i++)
		for (role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
			json_t *params = i == 0 ? json_object() : i == 1 ?
			    json_pack("{s:s}", "set", "a=1") :
			    json_pack("{s:s, s:s}", "name", "me.mail",
			    "value", "a@b");

			t.who.role = role;
			assert_int_equal(may(&t, table[i].verb, params, &e),
			    role >= table[i].least);
		}
	toy_fini(&t);
}

/* What an admin's verb did is not an operator's to take back or go on with. */
static void
test_an_operator_does_not_steer_the_jobs_of_admins(void **state)
{
	static const char *const verbs[] = { "job.undo", "job.resume",
	    "job.cancel", "job.confirm", "job.takeover" };
	struct toy		 t;
	struct job_result	 r;
	struct err		 e = { 0 };
	size_t			 i;

	(void)state;
	toy_init(&t);
	assert_true(toy_apply(&t, "settings.set", json_pack("{s:s, s:s}",
	    "name", "me.mail", "value", "a@b"), &r, &e));
	t.who.role = ROLE_OPERATOR;
	for (i = 0; i < LENGTH(verbs); i++) {
		/* --site demo is no way round it. */
		t.ctx.site_wanted = i % 2 == 0 ? "demo" : NULL;
		if (may(&t, verbs[i], json_pack("{s:s}", "id", r.id), &e))
			fail_msg("%s was let through", verbs[i]);
	}
	toy_fini(&t);
}

static void
test_the_demo_makes_nobody_admin_of_settings(void **state)
{
	struct toy	t;
	struct err	e;

	(void)state;
	toy_init(&t);
	t.who.role = ROLE_VIEWER;
	t.ctx.site_wanted = "demo";
	assert_false(may(&t, "settings.set", json_pack("{s:s, s:s}", "name",
	    "me.mail", "value", "a@b"), &e));
	toy_fini(&t);
}

static bool
prologue(struct ctx *ctx, struct plan *plan, struct err *e)
{
	(void)ctx;
	return plan_note_add(plan, e, "a snapshot goes before");
}

static void
test_what_is_written_elsewhere_needs_the_role_and_no_snapshot(void **state)
{
	static const char *const verbs[] = { "toy.set", "toy.elsewhere" };
	struct toy	t;
	struct err	e;
	size_t		i;

	(void)state;
	toy_init(&t);
	t.ctx.prologue = prologue;
	for (i = 0; i < LENGTH(verbs); i++) {
		AUTO_JSON json_t	*params = json_pack("{s:s}", "set",
		    "a=1"), *j = NULL;
		AUTO_PLAN struct plan	*plan = NULL;
		json_t			*none = NULL;

		t.ctx.site_wanted = NULL;
		t.who.role = ROLE_OPERATOR;
		assert_true(verb_call(&t.ctx, registry_verb(t.ctx.registry,
		    verbs[i]), params, &none, &plan, &e));
		j = plan_json(plan);
		assert_int_equal(json_array_size(json_object_get(j, "notes")),
		    i == 0);
		t.ctx.site_wanted = "demo";
		t.who.role = ROLE_VIEWER;
		assert_int_equal(may(&t, verbs[i], json_incref(params), &e),
		    i == 0);
	}
	toy_fini(&t);
}

#define ROLE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROLE_TEST(
		  test_without_a_file_root_is_admin_and_everybody_else_viewer),
		ROLE_TEST(test_users_and_groups_have_the_role_of_the_file),
		ROLE_TEST(test_the_highest_of_several_roles_counts),
		ROLE_TEST(test_who_is_not_named_is_a_viewer_even_root),
		ROLE_TEST(test_a_file_that_makes_no_sense_lets_nobody_in),
		ROLE_TEST(test_sudo_user_is_recorded_and_never_trusted),
		cmocka_unit_test(
		    test_each_role_is_let_through_for_its_verbs_only),
		cmocka_unit_test(
		    test_an_operator_does_not_steer_the_jobs_of_admins),
		cmocka_unit_test(test_the_demo_makes_nobody_admin_of_settings),
		cmocka_unit_test(
		  test_what_is_written_elsewhere_needs_the_role_and_no_snapshot)
	};

	return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
