/*
 * Whole files, read and replaced.  Invariant: whoever looks at a name sees
 * the old bytes or the new ones, never a part of either; the exception are
 * files that must keep their inode, see file_replace.
 */
#include "stconsole/file.h"

#include <limits.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define PIECE_BYTES	65536
#define RANDOM_BYTES	8

static bool
read_all(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
	size_t	 had = out->len;
	ssize_t	 n;

	for (;;) {
		buf_reserve(out, PIECE_BYTES);
		if (!buf_ok(out, e))
			return false;
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, T_FILE_READ, path);
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len - had > max)
			return err_set(e, ERR_SYS, EFBIG, T_FILE_BIG, path,
			    (long long)(out->len - had), max);
		if (n == 0)
			return true;
	}
}

bool
file_read(int dirfd, const char *path, size_t max, struct buf *out,
    struct err *e)
{
	AUTO_CLOSE int	 fd = openat(dirfd, path,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat	 st;
	size_t		 had = out->len;

	if (fd < 0)
		return err_sys(e, T_FILE_OPEN, path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, T_FILE_READ, path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_SYS, EINVAL, T_FILE_KIND, path);
	if ((uint64_t)st.st_size > max)
		return err_set(e, ERR_SYS, EFBIG, T_FILE_BIG, path,
		    (long long)st.st_size, max);
	buf_reserve(out, (size_t)st.st_size + 1);
	if (read_all(fd, path, max, out, e))
		return true;
	out->len = had;
	return false;
}

bool
file_write_all(int fd, const void *data, size_t len, struct err *e)
{
	const char	*p = data;
	ssize_t		 n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, T_WRITE);
		if (n == 0) {
			errno = ENOSPC;
			return err_sys(e, T_WRITE);
		}
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool
file_sync_dir(int dirfd, const char *path, struct err *e)
{
	AUTO_CLOSE int fd = openat(dirfd, path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Some network file systems know no fsync of a folder. */
	if (fd >= 0 && (fsync(fd) == 0 || errno == EINVAL))
		return true;
	return err_sys(e, T_FILE_SYNC, path);
}

/* The folder part of a path, "." when there is none.  malloc'd. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") :
	    strndup(path, (size_t)(slash - path));
}

/*
 * ACL and SELinux label are extended attributes.  One that the new file has
 * already (a default label) is set again; one that cannot be set is an error
 * only when the kernel knows it, since tmpfs and NFS know few.
 */
static bool
copy_xattrs(int from, int to)
{
	char	 names[4096], value[4096];
	ssize_t	 len = flistxattr(from, names, sizeof(names)), n;
	char	*name;

	if (len < 0)
		return errno == ENOTSUP;
	for (name = names; name < names + len; name += strlen(name) + 1) {
		n = fgetxattr(from, name, value, sizeof(value));
		if (n < 0 || fsetxattr(to, name, value, (size_t)n, 0) == 0)
			continue;
		if (errno != ENOTSUP && !str_starts(name, "security."))
			return false;
	}
	return true;
}

/* Gives the new file what the old one had; without an old one, mode. */
static bool
keep_attributes(int dirfd, const char *path, int to, mode_t mode)
{
	AUTO_CLOSE int	 from = openat(dirfd, path,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat	 st, now;

	if (from < 0)
		return errno == ENOENT && fchmod(to, mode) == 0;
	if (fstat(from, &st) < 0 || fstat(to, &now) < 0)
		return false;
	if ((st.st_uid != now.st_uid || st.st_gid != now.st_gid) &&
	    fchown(to, st.st_uid, st.st_gid) < 0)
		return false;
	return fchmod(to, st.st_mode & 07777) == 0 && copy_xattrs(from, to);
}

static bool
fill_temp(int dirfd, const char *path, int fd, const void *data, size_t len,
    mode_t mode, struct err *e)
{
	if (!keep_attributes(dirfd, path, fd, mode))
		return err_sys(e, T_FILE_ATTRIBUTES, path);
	if (!file_write_all(fd, data, len, e))
		return err_context(e, "%s", path);
	if (fsync(fd) < 0)
		return err_sys(e, T_FILE_SYNC, path);
	return true;
}

bool
file_write(int dirfd, const char *path, const void *data, size_t len,
    mode_t mode, struct err *e)
{
	AUTO_FREE char	*temp = NULL;
	AUTO_FREE char	*folder = folder_of(path);
	char		 random[2 * RANDOM_BYTES + 1];
	AUTO_CLOSE int	 fd = -1;

	if (!digest_random_hex(RANDOM_BYTES, random, e))
		return false;
	temp = str_format("%s.%s.tmp", path, random);
	if (temp == NULL || folder == NULL)
		return err_nomem(e);
	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, T_FILE_WRITE, path);
	if (!fill_temp(dirfd, path, fd, data, len, mode, e)) {
		unlinkat(dirfd, temp, 0);
		return false;
	}
	if (renameat(dirfd, temp, dirfd, path) < 0) {
		err_sys(e, T_FILE_RENAME, path);
		unlinkat(dirfd, temp, 0);
		return false;
	}
	return file_sync_dir(dirfd, folder, e);
}

/* A mount point of its own: the file's device or mount differs from its
 * folder's.  Bind mounts of one device show only in the mount id. */
static bool
is_mount_point(int dirfd, const char *path, const char *folder)
{
	struct statx f, d;

	if (statx(dirfd, path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &f) < 0 ||
	    statx(dirfd, folder, 0, STATX_MNT_ID, &d) < 0)
		return false;
	if ((f.stx_mask & d.stx_mask & STATX_MNT_ID) != 0)
		return f.stx_mnt_id != d.stx_mnt_id;
	return f.stx_dev_major != d.stx_dev_major ||
	    f.stx_dev_minor != d.stx_dev_minor;
}

static bool
must_keep_inode(int dirfd, const char *path, const char *folder)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISLNK(st.st_mode) || is_mount_point(dirfd, path, folder);
}

/* Longer first, then cut: a reader never finds less than it may need. */
static bool
write_in_place(int dirfd, const char *path, const void *data, size_t len,
    struct err *e)
{
	AUTO_CLOSE int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, T_FILE_WRITE, path);
	if (!file_write_all(fd, data, len, e))
		return err_context(e, "%s", path);
	if (ftruncate(fd, (off_t)len) < 0 || fsync(fd) < 0)
		return err_sys(e, T_FILE_SYNC, path);
	return true;
}

/* NAME.0123456789abcdef.tmp: what a kill in file_write leaves behind. */
static bool
is_leftover(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '.' &&
	    strspn(entry + len + 1, "0123456789abcdef") == 2 * RANDOM_BYTES &&
	    strcmp(entry + len + 1 + 2 * RANDOM_BYTES, ".tmp") == 0;
}

/* Litter is no reason to fail; the next write tries again. */
static void
remove_leftovers(int dirfd, const char *folder, const char *path)
{
	const char	*slash = strrchr(path, '/');
	const char	*name = slash != NULL ? slash + 1 : path;
	int		 fd = openat(dirfd, folder,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		*dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent	*d;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (is_leftover(d->d_name, name))
			(void)unlinkat(fd, d->d_name, 0);
	closedir(dir);
}

bool
file_replace(int dirfd, const char *path, const void *data, size_t len,
    mode_t mode, struct err *e)
{
	AUTO_FREE char	*folder = folder_of(path);
	AUTO_FREE char	*copy = str_format("%s.stconsole-before", path);
	AUTO_BUF struct buf old = BUF_INIT;

	if (folder == NULL || copy == NULL)
		return err_nomem(e);
	remove_leftovers(dirfd, folder, path);
	if (!must_keep_inode(dirfd, path, folder))
		return file_write(dirfd, path, data, len, mode, e);
	if (!file_read(dirfd, path, SIZE_MAX / 2, &old, e) ||
	    !file_write(dirfd, copy, buf_str(&old), old.len, 0600, e))
		return false;
	if (!write_in_place(dirfd, path, data, len, e)) {
		/* Put the old bytes back; the copy stays if that fails too. */
		if (write_in_place(dirfd, path, buf_str(&old), old.len, NULL))
			unlinkat(dirfd, copy, 0);
		return false;
	}
	return file_remove(dirfd, copy, e);
}

bool
file_remove(int dirfd, const char *path, struct err *e)
{
	AUTO_FREE char *folder = folder_of(path);

	if (folder == NULL)
		return err_nomem(e);
	if (unlinkat(dirfd, path, 0) < 0)
		return errno == ENOENT ? true : err_sys(e, T_FILE_REMOVE, path);
	return file_sync_dir(dirfd, folder, e);
}

bool
file_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0;
}

bool
file_make_dirs(const char *path, mode_t mode, struct err *e)
{
	AUTO_FREE char	*folder = folder_of(path);
	struct stat	 st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	if (folder == NULL)
		return err_nomem(e);
	if (strcmp(folder, path) != 0 && strcmp(folder, ".") != 0 &&
	    !file_make_dirs(folder, mode, e))
		return false;
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(e, T_DIR_MAKE, path);
	/* One that may be passed but not listed cannot be opened for it. */
	if (access(folder, R_OK) < 0)
		return true;
	return file_sync_dir(AT_FDCWD, folder, e);
}

static bool
remove_tree_at(int dirfd, const char *path, struct err *e)
{
	int		 fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	struct dirent	*d;
	DIR		*dir;
	bool		 ok = true;

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return unlinkat(dirfd, path, 0) == 0 ? true :
		    err_sys(e, T_FILE_REMOVE, path);
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return err_sys(e, T_DIR_READ, path);
	}
	while (ok && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			ok = remove_tree_at(fd, d->d_name, e);
	closedir(dir);
	if (ok && unlinkat(dirfd, path, AT_REMOVEDIR) < 0)
		ok = err_sys(e, T_FILE_REMOVE, path);
	return ok;
}

bool
file_remove_tree(const char *path, struct err *e)
{
	return remove_tree_at(AT_FDCWD, path, e);
}

int
file_open_beneath(int dirfd, const char *path, int flags, struct err *e)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
	};
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	if (fd >= 0)
		return (int)fd;
	if (errno == EXDEV) {
		err_set(e, ERR_REFUSED, EXDEV, T_FILE_OUTSIDE, path);
		err_hint(e, T_FILE_OUTSIDE_HINT);
	} else {
		err_sys(e, T_FILE_OPEN, path);
	}
	return -1;
}

char *
file_beside_program(const char *relative)
{
	char	 exe[PATH_MAX];
	ssize_t	 n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char	*slash;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	return slash != NULL ? str_format("%.*s/%s", (int)(slash - exe), exe,
	    relative) : NULL;
}
