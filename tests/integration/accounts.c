#include "accounts.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static const char passwd_text[] =
	"root:x:0:0::/root:/bin/sh\n"
	"kim:x:7001:7001::/nonexistent:/bin/sh\n"
	"locked:x:7002:7002::/nonexistent:/bin/sh\n"
	"keyonly:x:7003:7003::/nonexistent:/bin/sh\n"
	"open:x:7004:7004::/nonexistent:/bin/sh\n"
	"gone:x:7005:7005::/nonexistent:/bin/sh\n"
	"elsewhere:x:7006:7006::/nonexistent:/bin/sh\n";
static const char shadow_text[] =
	"root:%s:20000:0:99999:7:::\n"
	"kim:" ACCOUNTS_HASH ":20000:0:99999:7:::\n"
	"locked:!" ACCOUNTS_HASH ":20000:0:99999:7:::\n"
	"keyonly:*:20000:0:99999:7:::\n"
	"open::20000:0:99999:7:::\n"
	"gone:" ACCOUNTS_HASH ":20000:0:99999:7::20001:\n";
static const char login_text[] =
	"auth required pam_unix.so nullok\n"
	"account required pam_unix.so\n";

static char dir[] = "/tmp/stconsole-etc.XXXXXX";

/* Rewritten in place: what is mounted over the real one is this inode. */
void
accounts_put(const char *name, const char *text, mode_t mode)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	AUTO_CLOSE int	 fd = open(path, O_WRONLY | O_CREAT | O_TRUNC |
			    O_CLOEXEC, mode);
	struct err	 e = { 0 };

	if (fd < 0 || !file_write_all(fd, text, strlen(text), &e) ||
	    fchmod(fd, mode) < 0)
		fail_msg("%s: %s", path, e.msg);
}

/* unix_chkpwd(8) reads the shadow file as the group of the real one. */
void
accounts_root_set(const char *hash)
{
	AUTO_FREE char	*text = str_format(shadow_text, hash);
	AUTO_FREE char	*path = str_format("%s/shadow", dir);
	struct stat	 real;

	accounts_put("shadow", text, 0640);
	if (stat("/etc/shadow", &real) < 0 || chown(path, 0, real.st_gid) < 0)
		fail_msg("no group for the shadow file");
}

static void
cover(const char *name, const char *over)
{
	AUTO_FREE char *path = str_format("%s/%s", dir, name);

	if (mount(path, over, NULL, MS_BIND, NULL) < 0)
		fail_msg("cannot cover %s", over);
}

/* Below sudo we would be asked as who we logged in as, not as root. */
static void
login_forget(void)
{
	AUTO_CLOSE int	 fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)file_write_all(fd, "4294967295", 10, NULL);
}

int
accounts_setup(void **state)
{
	AUTO_FREE char *pam = NULL;

	(void)state;
	login_forget();
	/* Below a chroot the name of this program is no path after unshare. */
	(void)run_binary();
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) < 0 ||
	    unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	pam = str_format("%s/pam.d", dir);
	if (mkdir(pam, 0755) < 0)
		return -1;
	accounts_put("passwd", passwd_text, 0644);
	accounts_put("nsswitch.conf", "passwd: files\nshadow: files\n", 0644);
	accounts_put("pam.d/login", login_text, 0644);
	accounts_put("pam.d/other", login_text, 0644);
	accounts_root_set(ACCOUNTS_HASH);
	cover("passwd", "/etc/passwd");
	cover("shadow", "/etc/shadow");
	cover("pam.d", "/etc/pam.d");
	cover("nsswitch.conf", "/etc/nsswitch.conf");
	return 0;
}

int
accounts_teardown(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL) ? 0 : -1;
}
