/*
 * Accounts whose passwords are known, for the real PAM: the test process gets
 * a mount namespace of its own, in which /etc has them.  Nothing outside sees
 * it, and it ends with the process.  Needs root.
 */
#ifndef TESTS_ACCOUNTS_H
#define TESTS_ACCOUNTS_H

#include <sys/types.h>

/*
 * root and kim (ACCOUNTS_KIM) have the password ACCOUNTS_PASSWORD; so have
 * "locked", which is, and "gone", which has expired; "keyonly" has none (*),
 * "open" an empty one, "elsewhere" is in no shadow file.
 */
#define ACCOUNTS_KIM		7001
#define ACCOUNTS_PASSWORD	"correct horse"

/* For cmocka's group: the namespace; and its files away. */
int	 accounts_setup(void **state);
int	 accounts_teardown(void **state);
/* A file of /etc there ("pam.d/stconsole"), written anew. */
void	 accounts_put(const char *name, const char *text, mode_t mode);
/* root's password as a shadow file has it: "*" for none. */
void	 accounts_root_set(const char *hash);
#define ACCOUNTS_HASH \
	"$6$stconsole$9Y2eK8YTN2AZJvLipEftj7il4mZw8anHDRJOIyYoq.Ch8UK" \
	"cYwEKNOQtCd3AhvxRv3T1/opyUnOBfNC6i96XY0"

#endif
