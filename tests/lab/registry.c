/*
 * Records of running labs, so that the next start ends what a killed one left
 * behind: ${XDG_RUNTIME_DIR:-/tmp}/stconsole-lab-UID/PID.START.N holds the
 * folder in its first line and then "PID START" of each process, the
 * supervisor's first.  The same lines are in DIR/pids.
 *
 * A process is ended only when its id and its start time are the recorded
 * ones, a folder removed only when its own pids file names the same dead
 * supervisor: neither a reused id nor somebody else's folder is touched.
 */
#include "house.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

#define RECORD_MAX	65536

/* The folder is in a place where others may write: it must be ours alone. */
static char *
registry_folder(struct err *e)
{
	const char	*base = getenv("XDG_RUNTIME_DIR");
	struct stat	 st;
	char		*dir = NULL;

	if (base == NULL || *base != '/' || access(base, W_OK) != 0)
		base = "/tmp";
	dir = str_format("%s/stconsole-lab-%u", base, (unsigned)getuid());
	if (dir == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		err_sys(e, "%s", dir);
		free(dir);
		return NULL;
	}
	if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != getuid() || (st.st_mode & 077) != 0) {
		err_set(e, ERR_REFUSED, 0, T_LAB_REGISTRY, dir);
		err_hint(e, T_LAB_REGISTRY_HINT);
		free(dir);
		return NULL;
	}
	return dir;
}

bool
lab_registry_child(struct lab_house *h, pid_t pid, unsigned long long start,
    struct err *e)
{
	char	 line[64];
	int	 len = snprintf(line, sizeof(line), "%d %llu\n", (int)pid,
	    start);

	if (!file_write_all(h->record_fd, line, (size_t)len, e) ||
	    !file_write_all(h->pids_fd, line, (size_t)len, e))
		return err_context(e, T_LAB_RECORD, (int)pid);
	return true;
}

bool
lab_registry_add(struct lab_house *h, struct err *e)
{
	AUTO_FREE char		*dir = registry_folder(e);
	AUTO_FREE char		*first = str_format("%s\n", h->dir);
	unsigned long long	 start = proc_start_time(getpid());
	static unsigned	 opened;	/* a test may have several */

	if (dir == NULL)
		return false;
	h->record = str_format("%s/%d.%llu.%u", dir, (int)getpid(), start,
	    opened++);
	if (h->record == NULL || first == NULL)
		return err_nomem(e);
	h->record_fd = open(h->record, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC | O_APPEND | O_NOFOLLOW, 0600);
	if (h->record_fd < 0)
		return err_sys(e, "%s", h->record);
	return file_write_all(h->record_fd, first, strlen(first), e) &&
	    lab_registry_child(h, getpid(), start, e);
}

struct entry {
	pid_t			 pid;
	unsigned long long	 start;
};

/* The next "PID START" line at *p; false at the end or at a torn line. */
static bool
entry_next(const char **p, struct entry *out)
{
	const char	*end = strchr(*p, '\n');
	int		 pid = 0;

	if (end == NULL ||
	    sscanf(*p, "%d %llu", &pid, &out->start) != 2 || pid <= 1)
		return false;
	out->pid = pid;
	*p = end + 1;
	return true;
}

/* Between the look and the kill the id cannot change hands: by pidfd. */
static void
entry_end(const struct entry *t)
{
	int	 fd = -1;

	if (t->start == 0 || proc_start_time(t->pid) != t->start)
		return;
	fd = pidfd_open(t->pid, 0);
	if (fd >= 0 && proc_start_time(t->pid) == t->start)
		pidfd_send_signal(fd, SIGKILL, NULL, 0);
	mem_close_at(&fd);
}

/* Does dir/pids begin with the line of this supervisor? */
static bool
folder_is_of(const char *dir, const struct entry *supervisor)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/pids", dir);
	struct entry		 first = { 0 };
	const char		*p = NULL;

	if (path == NULL || !file_read(AT_FDCWD, path, RECORD_MAX, &b, NULL))
		return false;
	p = buf_str(&b);
	return entry_next(&p, &first) && first.pid == supervisor->pid &&
	    first.start == supervisor->start;
}

static void
record_clean(const char *path)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*dir = NULL;
	struct entry		 supervisor = { 0 };
	struct entry		 child = { 0 };
	const char		*p = NULL;

	if (!file_read(AT_FDCWD, path, RECORD_MAX, &b, NULL))
		return;
	p = strchr(buf_str(&b), '\n');
	if (p == NULL)
		return;
	dir = strndup(buf_str(&b), (size_t)(p - buf_str(&b)));
	p++;
	if (dir == NULL || !entry_next(&p, &supervisor))
		return;
	if (proc_start_time(supervisor.pid) == supervisor.start)
		return;
	while (entry_next(&p, &child))
		entry_end(&child);
	if (folder_is_of(dir, &supervisor))
		file_remove_tree(dir, NULL);
	unlink(path);
}

bool
lab_registry_clean(struct err *e)
{
	AUTO_FREE char	*folder = registry_folder(e);
	struct dirent	*d = NULL;
	DIR		*open_dir = NULL;

	if (folder == NULL)
		return false;
	open_dir = opendir(folder);
	if (open_dir == NULL)
		return err_sys(e, "%s", folder);
	while ((d = readdir(open_dir)) != NULL) {
		AUTO_FREE char	*path = NULL;

		if (*d->d_name == '.')
			continue;
		path = str_format("%s/%s", folder, d->d_name);
		if (path != NULL)
			record_clean(path);
	}
	closedir(open_dir);
	return true;
}
