/*
 * The idle lock's question, asked of the real PAM: this process has a mount
 * namespace of its own, in which /etc has accounts whose passwords are known.
 * Nothing outside sees it, and it ends with the process.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stconsole/auth.h"
#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define KIM		7001
#define ANSWER_MS	20000

/* "correct horse", by openssl passwd -6. */
#define HASH	"$6$stconsole$9Y2eK8YTN2AZJvLipEftj7il4mZw8anHDRJOIyYoq.Ch8UK" \
		"cYwEKNOQtCd3AhvxRv3T1/opyUnOBfNC6i96XY0"
#define RIGHT	"correct horse"

static const char passwd_text[] =
	"root:x:0:0::/root:/bin/sh\n"
	"kim:x:7001:7001::/nonexistent:/bin/sh\n"
	"locked:x:7002:7002::/nonexistent:/bin/sh\n"
	"keyonly:x:7003:7003::/nonexistent:/bin/sh\n"
	"open:x:7004:7004::/nonexistent:/bin/sh\n"
	"gone:x:7005:7005::/nonexistent:/bin/sh\n"
	"elsewhere:x:7006:7006::/nonexistent:/bin/sh\n";
static const char shadow_text[] =
	"root:*:20000:0:99999:7:::\n"
	"kim:" HASH ":20000:0:99999:7:::\n"
	"locked:!" HASH ":20000:0:99999:7:::\n"
	"keyonly:*:20000:0:99999:7:::\n"
	"open::20000:0:99999:7:::\n"
	"gone:" HASH ":20000:0:99999:7::20001:\n";
static const char login_text[] =
	"auth required pam_unix.so nullok\n"
	"account required pam_unix.so\n";

static char dir[] = "/tmp/stconsole-auth.XXXXXX";

/* Asks and waits; never longer than ANSWER_MS. */
static enum auth_answer
ask(const char *user, const char *password, struct err *why)
{
	AUTO_SECRET struct secret *s = password == NULL ? NULL :
	    secret_new(password, strlen(password), NULL);
	struct auth		*a = auth_start(user, s, why);
	struct pollfd		 p = { .events = POLLIN };
	enum auth_answer	 answer = AUTH_BROKEN;

	if (a == NULL)
		fail_msg("%s", why->msg);
	p.fd = auth_fd(a);
	if (poll(&p, 1, ANSWER_MS) != 1 || !auth_done(a, &answer, why))
		fail_msg("no answer for %s", user);
	auth_free(a);
	return answer;
}

static void
answers(const char *user, const char *password, enum auth_answer want)
{
	struct err		 why = { 0 };
	enum auth_answer	 got = ask(user, password, &why);

	if (got != want)
		fail_msg("%s: %d instead of %d: %s", user, got, want,
		    why.msg);
	if (want == AUTH_NO || want == AUTH_BROKEN)
		assert_true(why.msg[0] != '\0');
}

/* The same as somebody who is not root, in a process of their own. */
static void
answers_as(uid_t uid, const char *user, const char *password,
    enum auth_answer want)
{
	struct err	 why = { 0 };
	int		 status;
	pid_t		 pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(uid) < 0 || setuid(uid) < 0)
			_exit(99);
		_exit((int)ask(user, password, &why));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

static void
put(const char *name, const char *text, mode_t mode)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	struct err	 e;

	if (!file_write(AT_FDCWD, path, text, strlen(text), mode, &e))
		fail_msg("%s", e.msg);
}

static void
cover(const char *name, const char *over)
{
	AUTO_FREE char *path = str_format("%s/%s", dir, name);

	if (mount(path, over, NULL, MS_BIND, NULL) < 0)
		fail_msg("cannot cover %s", over);
}

/* unix_chkpwd(8) reads the shadow file as the group of the real one. */
static void
shadow_group_set(void)
{
	AUTO_FREE char	*path = str_format("%s/shadow", dir);
	struct stat	 real;

	if (stat("/etc/shadow", &real) < 0 || chown(path, 0, real.st_gid) < 0)
		fail_msg("no group for the shadow file");
}

static int
house_setup(void **state)
{
	AUTO_FREE char *pam = NULL;

	(void)state;
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) < 0 ||
	    unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	pam = str_format("%s/pam.d", dir);
	if (mkdir(pam, 0755) < 0)
		return -1;
	put("passwd", passwd_text, 0644);
	put("shadow", shadow_text, 0640);
	put("nsswitch.conf", "passwd: files\nshadow: files\n", 0644);
	put("pam.d/login", login_text, 0644);
	put("pam.d/other", login_text, 0644);
	shadow_group_set();
	cover("passwd", "/etc/passwd");
	cover("shadow", "/etc/shadow");
	cover("pam.d", "/etc/pam.d");
	cover("nsswitch.conf", "/etc/nsswitch.conf");
	return 0;
}

static int
house_teardown(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL) ? 0 : -1;
}

static int
service_remove(void **state)
{
	AUTO_FREE char *path = str_format("%s/pam.d/stconsole", dir);

	(void)state;
	return unlink(path);
}

static void
the_right_password_opens_and_a_wrong_one_does_not(void **state)
{
	(void)state;
	answers("kim", NULL, AUTH_YES);
	answers("kim", RIGHT, AUTH_YES);
	answers("kim", "wrong horse", AUTH_NO);
	answers("kim", "", AUTH_NO);
}

static void
an_account_that_no_password_opens_is_told(void **state)
{
	(void)state;
	answers("locked", NULL, AUTH_NO_PASSWORD);
	answers("locked", RIGHT, AUTH_NO_PASSWORD);
	answers("keyonly", NULL, AUTH_NO_PASSWORD);
	answers("nobody-of-this-name", NULL, AUTH_NO_PASSWORD);
}

static void
an_empty_password_opens_nothing_even_with_nullok(void **state)
{
	(void)state;
	answers("open", NULL, AUTH_NO_PASSWORD);
	answers("open", "", AUTH_NO_PASSWORD);
}

static void
an_account_that_has_expired_stays_closed(void **state)
{
	(void)state;
	answers("gone", NULL, AUTH_YES);
	answers("gone", RIGHT, AUTH_NO);
}

/* An account of a directory: its password is nowhere here. */
static void
an_account_without_a_shadow_line_is_asked_of_pam(void **state)
{
	(void)state;
	answers("elsewhere", NULL, AUTH_YES);
}

static void
somebody_who_is_not_root_opens_their_own(void **state)
{
	(void)state;
	answers_as(KIM, "kim", NULL, AUTH_YES);
	answers_as(KIM, "kim", RIGHT, AUTH_YES);
	answers_as(KIM, "kim", "wrong horse", AUTH_NO);
	answers_as(KIM + 1, "locked", NULL, AUTH_NO_PASSWORD);
	answers_as(KIM + 3, "open", NULL, AUTH_NO_PASSWORD);
}

static void
a_pam_file_of_the_console_decides_where_there_is_one(void **state)
{
	(void)state;
	put("pam.d/stconsole", "auth required pam_deny.so\n", 0644);
	answers("kim", RIGHT, AUTH_NO);
}

static void
a_second_question_is_told_and_gets_no_password(void **state)
{
	struct err why = { 0 };

	(void)state;
	put("pam.d/stconsole", "auth required pam_unix.so\n"
	    "auth required pam_userdb.so db=/nonexistent\n", 0644);
	assert_int_equal(ask("kim", RIGHT, &why), AUTH_BROKEN);
	assert_non_null(strstr(why.msg, "more than the password"));
	assert_non_null(strstr(why.hint, "log in again"));
}

/* Nobody listens to the answer; it still must not touch what is gone. */
static void
a_question_that_is_given_up_ends_unheard(void **state)
{
	AUTO_SECRET struct secret	*s = secret_new("wrong", 5, NULL);
	struct err			 e;
	int				 i;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct auth *a = auth_start("kim", s, &e);

		assert_non_null(a);
		auth_free(a);
	}
	answers("kim", RIGHT, AUTH_YES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_right_password_opens_and_a_wrong_one_does_not),
		cmocka_unit_test(an_account_that_no_password_opens_is_told),
		cmocka_unit_test(
		    an_empty_password_opens_nothing_even_with_nullok),
		cmocka_unit_test(an_account_that_has_expired_stays_closed),
		cmocka_unit_test(
		    an_account_without_a_shadow_line_is_asked_of_pam),
		cmocka_unit_test(somebody_who_is_not_root_opens_their_own),
		cmocka_unit_test_teardown(
		    a_pam_file_of_the_console_decides_where_there_is_one,
		    service_remove),
		cmocka_unit_test_teardown(
		    a_second_question_is_told_and_gets_no_password,
		    service_remove),
		cmocka_unit_test(a_question_that_is_given_up_ends_unheard)
	};

	return cmocka_run_group_tests(tests, house_setup, house_teardown);
}
