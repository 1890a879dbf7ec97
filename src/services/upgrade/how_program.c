/*
 * A server's program replaced by another, the one before kept beside it.
 * At every moment there is a whole program under the name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_parts.h"
#include "text_how.def"

#define PIECE	(8u << 20)

static bool
sync_folder(const char *path, struct err *e)
{
	const char	*slash = strrchr(path, '/');
	AUTO_FREE char	*dir = strndup(path, slash == path ? 1 :
	    (size_t)(slash - path));

	return dir != NULL ? file_sync_dir(AT_FDCWD, dir, e) : err_nomem(e);
}

static bool
copy_bytes(int from, int to, const char *name, struct err *e)
{
	ssize_t n;

	do {
		n = sendfile(to, from, NULL, PIECE);
		if (n < 0 && errno != EINTR)
			return err_sys(e, T_HOW_COPY, name);
	} while (n != 0);
	return fsync(to) == 0 ? true : err_sys(e, T_HOW_COPY, name);
}

/* A copy with the mode and owner of the program it will replace. */
static bool
copy_file(const char *binary, const char *temp, const struct stat *like,
    struct err *e)
{
	AUTO_CLOSE int	 from = open(binary, O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int	 to = -1;

	if (from < 0)
		return err_sys(e, T_HOW_COPY, binary);
	(void)unlink(temp);
	to = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (to < 0 || (geteuid() == 0 && fchown(to, like->st_uid,
	    like->st_gid) < 0) || fchmod(to, like->st_mode & 07777) < 0)
		return err_sys(e, T_HOW_COPY, temp);
	return copy_bytes(from, to, temp, e);
}

/* The one before under its second name, made anew when it is there. */
static bool
keep(const char *program, const char *kept, bool is_link, struct err *e)
{
	char	 target[PATH_MAX];
	ssize_t	 n = is_link ? readlink(program, target, sizeof(target) - 1) :
	    0;

	(void)unlink(kept);
	if (is_link) {
		if (n <= 0)
			return err_sys(e, "%s", program);
		target[n] = '\0';
		return symlink(target, kept) == 0 ? true :
		    err_sys(e, "%s", kept);
	}
	return link(program, kept) == 0 ? true : err_sys(e, "%s", kept);
}

bool
how_program_swap(const char *program, const char *binary, const char *from,
    struct err *e)
{
	AUTO_FREE char	*kept = str_format("%s.%s", program, from);
	AUTO_FREE char	*temp = str_format("%s.stconsole-new", program);
	struct stat	 st;
	bool		 ok;

	if (kept == NULL || temp == NULL)
		return err_nomem(e);
	if (lstat(program, &st) < 0)
		return err_sys(e, "%s", program);
	if (!keep(program, kept, S_ISLNK(st.st_mode), e))
		return false;
	(void)unlink(temp);
	ok = S_ISLNK(st.st_mode) ? symlink(binary, temp) == 0 ||
	    err_sys(e, "%s", temp) : copy_file(binary, temp, &st, e);
	if (ok && rename(temp, program) < 0)
		ok = err_sys(e, "%s", program);
	if (!ok)
		(void)unlink(temp);
	return ok && sync_folder(program, e);
}

bool
how_program_unswap(const char *program, const char *from, struct err *e)
{
	AUTO_FREE char *kept = str_format("%s.%s", program, from);

	if (kept == NULL)
		return err_nomem(e);
	if (rename(kept, program) < 0)
		return err_sys(e, T_HOW_KEPT, kept);
	return sync_folder(program, e);
}
