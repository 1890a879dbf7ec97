/*
 * Files: read whole, write whole.  A write is a temporary file, fsync,
 * rename, fsync of the folder; the file that stood there keeps its mode,
 * owner, ACL and SELinux label.  On failure the old file is untouched and no
 * temporary file is left.  Paths are relative to dirfd (AT_FDCWD: ours).
 */
#ifndef STCONSOLE_FILE_H
#define STCONSOLE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "stconsole/buf.h"

/* The whole file; larger than max bytes is refused before reading. */
bool	 file_read(int dirfd, const char *path, size_t max, struct buf *out,
	     struct err *e);
/* Replaces or creates; mode only counts for a new file. */
bool	 file_write(int dirfd, const char *path, const void *data, size_t len,
	     mode_t mode, struct err *e);
/*
 * For a file of somebody else's: as file_write, but a symbolic link or a
 * bind-mounted single file (rename would detach it from its container) is
 * written in place, after a copy "NAME.stconsole-before" has been put beside
 * it, which is removed when the write is on disk.  Temporary files that a
 * killed write of this name left are removed first: the caller must hold the
 * lock on the file.
 */
bool	 file_replace(int dirfd, const char *path, const void *data,
	     size_t len, mode_t mode, struct err *e);
/* Removes; a file that is not there is success. */
bool	 file_remove(int dirfd, const char *path, struct err *e);
bool	 file_exists(int dirfd, const char *path);
/* Makes a folder and its parents with mode. */
bool	 file_make_dirs(const char *path, mode_t mode, struct err *e);
/* Removes a folder with all it holds; missing is success. */
bool	 file_remove_tree(const char *path, struct err *e);
/* fsync of a folder, so that names in it survive a power cut. */
bool	 file_sync_dir(int dirfd, const char *path, struct err *e);
/*
 * "relative" to the folder that this program lies in, wherever it was
 * installed; malloc'd, NULL: memory, or /proc is not there.
 */
char	*file_beside_program(const char *relative);
/* All bytes, over short writes and EINTR. */
bool	 file_write_all(int fd, const void *data, size_t len, struct err *e);
/*
 * Opens a path that must stay beneath dirfd: "..", absolute paths and links
 * that leave it are refused (ERR_REFUSED).  -1 on failure.
 */
int	 file_open_beneath(int dirfd, const char *path, int flags,
	     struct err *e);

#endif
