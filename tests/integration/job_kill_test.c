/*
 * Whole jobs on real peers, killed at every durable call: a configuration
 * file and an administrator in a real MongoDB end as they would have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <mongoc/mongoc.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "../lab/lab.h"
#include "kill.h"

#define NEW_MAIL	"person00100@corp.test"

static struct lab	 lab = LAB_INIT;
static mongoc_client_t	*client;
static char		*env_path;
static struct buf	 env_old = BUF_INIT, env_new = BUF_INIT;

static const char *set_env[] = {
	"--site", NULL, "config", "set", "custom.env", "CHANNEL_LAST_N", "7",
	"--yes", NULL
};
static const char *add_admin[] = {
	"--site", NULL, "admin", "add", NEW_MAIL, "--yes", NULL
};

static int
start(void **state)
{
	struct lab_options	 options = { .without = "api" };
	struct err		 e = { 0 };
	char			*at;

	(void)state;
	assert_true(lab_start(&lab, &options, &e));
	set_env[1] = add_admin[1] = lab_site(&lab);
	mongoc_init();
	client = mongoc_client_new(lab_mongo_url(&lab));
	assert_non_null(client);
	env_path = str_format("%s/custom.env", lab_site(&lab));
	assert_true(file_read(AT_FDCWD, env_path, 1 << 20, &env_old, &e));
	at = strstr(env_old.data, "\nCHANNEL_LAST_N=9");
	assert_non_null(at);
	buf_add(&env_new, env_old.data, env_old.len);
	env_new.data[at - env_old.data + 16] = '7';
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	mongoc_client_destroy(client);
	mongoc_cleanup();
	buf_fini(&env_old);
	buf_fini(&env_new);
	free(env_path);
	lab_stop(&lab);
	return 0;
}

/* --- a file ------------------------------------------------------------ */

static void
file_setup(void *arg)
{
	(void)arg;
	assert_true(file_write(AT_FDCWD, env_path, env_old.data, env_old.len,
	    0600, NULL));
}

static void
read_env(struct buf *b)
{
	assert_true(file_read(AT_FDCWD, env_path, 1 << 20, b, NULL));
}

static void
assert_env_is_old_or_new(void)
{
	AUTO_BUF struct buf b = BUF_INIT;

	read_env(&b);
	assert_true(strcmp(b.data, env_old.data) == 0 ||
	    strcmp(b.data, env_new.data) == 0);
}

static void
assert_env_is_new(void)
{
	AUTO_BUF struct buf b = BUF_INIT;

	read_env(&b);
	assert_string_equal(b.data, env_new.data);
}

static void
assert_no_litter(void)
{
	DIR		*dir = opendir(lab_site(&lab));
	struct dirent	*d;

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		assert_false(str_ends(d->d_name, ".tmp"));
	closedir(dir);
}

static void
file_killed(void *arg, const char *state, const struct run_result *r,
    bool hit)
{
	(void)arg;
	run_assert_exit(r, hit ? 137 : 0);
	assert_env_is_old_or_new();
	kill_recover(state, set_env, NULL);
	assert_env_is_new();
	assert_no_litter();
}

static void
file_refused(void *arg, const char *state, const struct run_result *r,
    bool hit)
{
	(void)arg;
	if (!hit)
		run_assert_exit(r, 0);
	assert_true(r->exit_code < 128);
	assert_env_is_old_or_new();
	assert_no_litter();
	kill_recover(state, set_env, NULL);
	assert_env_is_new();
}

static void
at_every_call(const char *what, const char *const *argv,
    void (*setup)(void *), void (*check)(void *, const char *,
    const struct run_result *, bool), int step)
{
	struct kill_case c = { .what = what, .argv = argv, .setup = setup,
	    .check = check, .step = step };

	(void)kill_at_every_call(&c);
}

static void
test_config_set_killed_anywhere_ends_well(void **state)
{
	(void)state;
	at_every_call("kill-before", set_env, file_setup, file_killed, 17);
	at_every_call("kill-after", set_env, file_setup, file_killed, 29);
}

static void
test_config_set_on_a_full_disk_leaves_the_old_file(void **state)
{
	(void)state;
	at_every_call("enospc", set_env, file_setup, file_refused, 19);
	at_every_call("eio", set_env, file_setup, file_refused, 37);
}

static void
test_config_set_without_memory_leaves_the_old_file(void **state)
{
	(void)state;
	at_every_call("malloc", set_env, file_setup, file_refused, 499);
}

/* --- an administrator -------------------------------------------------- */

static mongoc_collection_t *
administrators(void)
{
	return mongoc_client_get_collection(client, "meeting",
	    "administrators");
}

static void
admin_setup(void *arg)
{
	mongoc_collection_t	*c = administrators();
	bson_t			*who = BCON_NEW("email", BCON_UTF8(NEW_MAIL));
	bson_error_t		 why;

	(void)arg;
	assert_true(mongoc_collection_delete_many(c, who, NULL, NULL, &why));
	bson_destroy(who);
	mongoc_collection_destroy(c);
}

static int64_t
admin_count(void)
{
	mongoc_collection_t	*c = administrators();
	bson_t			*who = BCON_NEW("email", BCON_UTF8(NEW_MAIL));
	bson_error_t		 why;
	int64_t			 n = mongoc_collection_count_documents(c, who,
	    NULL, NULL, NULL, &why);

	bson_destroy(who);
	mongoc_collection_destroy(c);
	return n;
}

static void
admin_killed(void *arg, const char *state, const struct run_result *r,
    bool hit)
{
	(void)arg;
	run_assert_exit(r, hit ? 137 : 0);
	assert_true(admin_count() <= 1);
	kill_recover(state, add_admin, NULL);
	assert_int_equal(admin_count(), 1);
}

static void
test_admin_add_killed_anywhere_adds_one(void **state)
{
	(void)state;
	at_every_call("kill-before", add_admin, admin_setup, admin_killed, 23);
	at_every_call("kill-after", add_admin, admin_setup, admin_killed, 23);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_set_killed_anywhere_ends_well),
		cmocka_unit_test(
		    test_config_set_on_a_full_disk_leaves_the_old_file),
		cmocka_unit_test(
		    test_config_set_without_memory_leaves_the_old_file),
		cmocka_unit_test(test_admin_add_killed_anywhere_adds_one)
	};

	return cmocka_run_group_tests_name("jobs killed", tests, start, stop);
}
