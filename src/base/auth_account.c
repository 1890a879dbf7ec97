/*
 * Accounts: whose session this is, and whether a password can open it again.
 * Root reads the shadow file; others may only ask about themselves, by
 * passwd(1) --status.  Accounts of a directory (SSSD) are in no shadow file:
 * there only PAM can tell.
 */
#include "auth_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <shadow.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "text.def"

#define ENTRY_MAX	16384
#define STATUS_MS	5000
#define NOBODY		((uid_t)-1)	/* of a session that nobody opened */

uid_t
auth_uid(uid_t real, uid_t loginuid)
{
	return real == 0 && loginuid != NOBODY ? loginuid : real;
}

/* (uid_t)-1 also where the kernel has no audit, and in most containers. */
static uid_t
loginuid_read(void)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	int64_t			 n;

	if (!file_read(AT_FDCWD, "/proc/self/loginuid", 64, &b, NULL) ||
	    !str_to_int(buf_str(&b), 0, UINT32_MAX, &n))
		return NOBODY;
	return (uid_t)n;
}

bool
auth_person(char user[AUTH_USER_SIZE], struct err *e)
{
	uid_t		 uid = auth_uid(getuid(), loginuid_read());
	struct passwd	 entry, *found = NULL;
	char		 text[ENTRY_MAX];

	errno = getpwuid_r(uid, &entry, text, sizeof(text), &found);
	if (found == NULL && errno != 0)
		return err_sys(e, T_AUTH_NAME, (unsigned)uid);
	if (found == NULL || strlen(found->pw_name) >= AUTH_USER_SIZE)
		return err_set(e, ERR_SYS, 0, T_AUTH_NOBODY, (unsigned)uid);
	snprintf(user, AUTH_USER_SIZE, "%s", found->pw_name);
	return true;
}

static bool
hash_is_open(const char *hash)
{
	return *hash != '\0' && *hash != '!' && *hash != '*';
}

static bool
shadow_has_password(const char *user)
{
	struct passwd	 entry, *found = NULL;
	struct spwd	 shadow, *kept = NULL;
	char		 text[ENTRY_MAX];
	bool		 has;

	if (getspnam_r(user, &shadow, text, sizeof(text), &kept) == 0 &&
	    kept != NULL)
		has = hash_is_open(kept->sp_pwdp);
	else if (getpwnam_r(user, &entry, text, sizeof(text), &found) == 0)
		has = found != NULL && *found->pw_passwd != '\0';
	else
		has = true;
	explicit_bzero(text, sizeof(text));
	return has;
}

/* "kim L 2026-11-25 ...": L and LK are locked, NP is no password. */
static bool
status_has_password(const char *user)
{
	AUTO_PROC_RESULT struct proc_result r = { 0, false, BUF_INIT,
	    BUF_INIT };
	const char	*argv[] = { "passwd", "-S", user, NULL }, *word;
	struct proc_spec spec = { .argv = argv, .timeout_ms = STATUS_MS,
	    .output_max = 4096 };

	if (!proc_run(&spec, &r, NULL) || r.exit_code != 0)
		return true;
	word = strchr(buf_str(&r.out), ' ');
	return word == NULL || (!str_starts(word, " L") &&
	    !str_starts(word, " NP"));
}

bool
account_has_password(const char *user)
{
	return geteuid() == 0 ? shadow_has_password(user) :
	    status_has_password(user);
}
