/*
 * The idle lock's question, asked of the real PAM.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "accounts.h"
#include "stconsole/auth.h"

#define KIM		ACCOUNTS_KIM
#define RIGHT		ACCOUNTS_PASSWORD
#define ANSWER_MS	20000

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

static int
service_remove(void **state)
{
	(void)state;
	return unlink("/etc/pam.d/stconsole");
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
	accounts_put("pam.d/stconsole", "auth required pam_deny.so\n", 0644);
	answers("kim", RIGHT, AUTH_NO);
}

static void
a_second_question_is_told_and_gets_no_password(void **state)
{
	struct err why = { 0 };

	(void)state;
	accounts_put("pam.d/stconsole", "auth required pam_unix.so\n"
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

	return cmocka_run_group_tests(tests, accounts_setup,
	    accounts_teardown);
}
