/*
 * The state folder: whose it is, what it says of itself, and its key.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "toy.h"

static void
spill(const char *path, const char *text)
{
	assert_true(file_write(AT_FDCWD, path, text, strlen(text), 0600,
	    NULL));
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_a_new_folder_is_private_whatever_the_umask(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*dir = str_format("%s/deep/er", t->dir);
	AUTO_FREE char	*format = str_format("%s/format", dir);
	mode_t		 old = umask(0);
	struct store	*s = store_open(dir, NULL);

	umask(old);
	assert_non_null(s);
	assert_int_equal(mode_of(dir), 0700);
	assert_int_equal(mode_of(format), 0600);
	assert_int_equal(store_format(s), STORE_FORMAT);
	assert_false(store_is_read_only(s));
	store_close(s);
}

static void
test_a_folder_that_others_can_write_is_refused(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*dir = str_format("%s/open", t->dir);
	struct err	 e = { 0 };

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_null(store_open(dir, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_non_null(strstr(e.msg, dir));
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(chown(dir, 1234, 1234), 0);
	assert_null(store_open(dir, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
}

static void
test_a_newer_folder_is_read_and_says_so_when_it_is_to_change(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = store_path(t->ctx.store, "format");
	struct job_result	 r;
	struct err		 e = { 0 };
	AUTO_PLAN struct plan	*plan = NULL;
	AUTO_JSON json_t	*none = json_object();
	json_t			*result = NULL;

	spill(path, "7\n");
	store_close(t->ctx.store);
	t->ctx.store = store_open(t->dir, &e);
	assert_non_null(t->ctx.store);
	assert_true(store_is_read_only(t->ctx.store));
	/* As the command line sets it. */
	t->ctx.read_only = true;
	assert_false(toy_apply(t, "toy.set", json_pack("{s:s}", "set",
	    "a=1"), &r, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_non_null(strstr(e.msg, "format 7"));
	assert_non_null(strstr(e.msg, "newer"));
	assert_true(verb_call(&t->ctx, registry_verb(t->ctx.registry,
	    "job.list"), none, &result, &plan, &e));
	json_decref(result);
}

static void
test_a_format_that_is_no_number_is_an_error(void **state)
{
	static const char *const bad[] = { "", "x\n", "0\n", "-1\n", "1 2\n",
	    "99999999999999999999\n" };
	struct toy	*t = *state;
	AUTO_FREE char	*path = store_path(t->ctx.store, "format");
	struct err	 e;
	size_t		 i;

	for (i = 0; i < LENGTH(bad); i++) {
		spill(path, bad[i]);
		err_clear(&e);
		assert_null(store_open(t->dir, &e));
		assert_non_null(strstr(e.msg, "format"));
	}
}

static void
test_equal_secrets_are_equal_in_one_folder_only(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*dir = str_format("%s/other", t->dir);
	struct store	*other = store_open(dir, NULL);
	char		 a[65], b[65], c[65], d[65];
	struct err	 e = { 0 };

	assert_true(store_hmac(t->ctx.store, "pw", 2, a, &e));
	assert_true(store_hmac(t->ctx.store, "pw", 2, b, &e));
	assert_true(store_hmac(t->ctx.store, "px", 2, c, &e));
	assert_true(store_hmac(other, "pw", 2, d, &e));
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_string_not_equal(a, d);
	store_close(other);
}

/* Each of them may be the first. */
static void
test_many_first_users_make_one_key(void **state)
{
	struct toy	*t = *state;
	char		 hex[65], first[65] = "";
	int		 p[2], i;
	struct err	 e = { 0 };

	assert_int_equal(pipe(p), 0);
	for (i = 0; i < 8; i++)
		if (fork() == 0) {
			if (!store_hmac(t->ctx.store, "pw", 2, hex, &e) ||
			    write(p[1], hex, 65) != 65)
				_exit(1);
			_exit(0);
		}
	for (i = 0; i < 8; i++) {
		assert_int_equal(read(p[0], hex, 65), 65);
		if (first[0] == '\0')
			memcpy(first, hex, 65);
		assert_string_equal(hex, first);
	}
	while (wait(NULL) > 0)
		;
	close(p[0]);
	close(p[1]);
}

static void
test_a_damaged_key_is_an_error_not_an_empty_key(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*path = NULL;
	char		 hex[65];
	struct err	 e = { 0 };

	assert_true(store_hmac(t->ctx.store, "pw", 2, hex, &e));
	path = store_path(t->ctx.store, "secrets/key");
	assert_int_equal(mode_of(path), 0600);
	spill(path, "");
	assert_false(store_hmac(t->ctx.store, "pw", 2, hex, &e));
	assert_non_null(strstr(e.msg, "key"));
}

static void
test_kept_content_that_was_damaged_is_never_passed_on(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 digest[65];
	struct err		 e = { 0 };

	assert_true(blob_put(&t->ctx, "hello", 5, digest, &e));
	assert_true(blob_get(&t->ctx, digest, &b, &e));
	assert_string_equal(buf_str(&b), "hello");
	path = store_path(t->ctx.store, "sites/%s/objects/%s",
	    t->ctx.site_id, digest);
	assert_int_equal(mode_of(path), 0600);
	spill(path, "hellO");
	assert_false(blob_get(&t->ctx, digest, &b, &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	/* Putting it again repairs it. */
	assert_true(blob_put(&t->ctx, "hello", 5, digest, &e));
	assert_true(blob_get(&t->ctx, digest, NULL, &e));
	assert_true(file_remove(AT_FDCWD, path, &e));
	assert_false(blob_get(&t->ctx, digest, NULL, &e));
	assert_int_equal(e.code, 2);
}

/* A folder of others is not ours; HOME decides without XDG_STATE_HOME. */
static void
test_the_default_folder_follows_the_environment(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*xdg = str_format("%s/stconsole", t->dir);
	AUTO_FREE char	*home = str_format("%s/.local/state/stconsole",
	    t->dir);
	pid_t		 pid = fork();
	int		 status;

	if (pid == 0) {
		struct store *s;

		if (geteuid() == 0 && (chown(t->dir, 4321, 4321) < 0 ||
		    setgid(4321) < 0 || setuid(4321) < 0))
			_exit(1);
		setenv("XDG_STATE_HOME", t->dir, 1);
		s = store_open(NULL, NULL);
		if (s == NULL || !str_equal(store_dir(s), xdg))
			_exit(2);
		/* Relative ones are to be ignored (XDG base directories). */
		setenv("XDG_STATE_HOME", "state", 1);
		setenv("HOME", t->dir, 1);
		s = store_open(NULL, NULL);
		if (s == NULL || !str_equal(store_dir(s), home))
			_exit(3);
		unsetenv("XDG_STATE_HOME");
		unsetenv("HOME");
		_exit(store_open(NULL, NULL) == NULL ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define STORE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_new_folder_is_private_whatever_the_umask),
		STORE_TEST(test_a_folder_that_others_can_write_is_refused),
		STORE_TEST(
		  test_a_newer_folder_is_read_and_says_so_when_it_is_to_change),
		STORE_TEST(test_a_format_that_is_no_number_is_an_error),
		STORE_TEST(test_equal_secrets_are_equal_in_one_folder_only),
		STORE_TEST(test_many_first_users_make_one_key),
		STORE_TEST(test_a_damaged_key_is_an_error_not_an_empty_key),
		STORE_TEST(
		    test_kept_content_that_was_damaged_is_never_passed_on),
		STORE_TEST(test_the_default_folder_follows_the_environment)
	};

	return cmocka_run_group_tests_name("state folder", tests, NULL,
	    NULL);
}
