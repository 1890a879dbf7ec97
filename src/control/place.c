/*
 * Where serve listens, and that only one does.  Two locks: one in the state
 * folder, since two serves would not know of each other's jobs, and one
 * beside the socket, so that the socket of a killed serve can be replaced.
 */
#include "control_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define RUN_DIR		"/run/stconsole"
#define BACKLOG		16

/* The folder; malloc'd. */
static char *
place_dir(uid_t uid, struct err *e)
{
	const char	*dir = getenv("STCONSOLE_RUNTIME_DIR");
	char		*path;

	if (dir != NULL && *dir == '/') {
		path = strdup(dir);
	} else if (uid == 0) {
		path = strdup(RUN_DIR);
	} else {
		dir = getenv("XDG_RUNTIME_DIR");
		if (dir == NULL || *dir != '/') {
			err_set(e, ERR_SYS, 0, T_PLACE_NONE);
			err_hint(e, T_PLACE_NONE_HINT);
			return NULL;
		}
		path = str_format("%s/stconsole", dir);
	}
	if (path == NULL)
		err_nomem(e);
	return path;
}

char *
place_socket(uid_t uid, struct err *e)
{
	AUTO_FREE char	*dir = place_dir(uid, e);
	AUTO_FREE char	*path = NULL;

	if (dir == NULL)
		return NULL;
	path = str_format("%s/control", dir);
	if (path == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		err_set(e, ERR_SYS, ENAMETOOLONG, T_PLACE_LONG, path);
		return NULL;
	}
	return TAKE(path);
}

char *
place_state(const struct world *w)
{
	const char	*dir = w->store != NULL ? store_dir(w->store) :
			    w->state_wanted;
	char		*path;

	if (dir == NULL)
		return strdup("");
	path = realpath(dir, NULL);
	return path != NULL ? path : strdup(dir);
}

/*
 * Viewers of root's serve are other users: they must reach the socket.  The
 * folders of locks in it stay closed.
 */
static bool
dir_make(const char *dir, struct err *e)
{
	mode_t		mode = geteuid() == 0 ? 0755 : 0700;
	struct stat	st;

	if (!file_make_dirs(dir, mode, e))
		return false;
	if (lstat(dir, &st) < 0)
		return err_sys(e, "%s", dir);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0)
		return err_set(e, ERR_REFUSED, EACCES, T_PLACE_OTHERS, dir);
	if ((st.st_mode & 0777) != mode && chmod(dir, mode) < 0)
		return err_sys(e, "%s", dir);
	return true;
}

/* -1 with errno; EWOULDBLOCK when somebody has it. */
static int
lock_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static bool
state_lock(struct place *p, const struct store *s, struct err *e)
{
	AUTO_FREE char		*path = store_path(s, "serve.lock");
	AUTO_BUF struct buf	 holder = BUF_INIT;
	char			 pid[24];

	if (path == NULL)
		return err_nomem(e);
	p->state_lock = lock_open(path);
	if (p->state_lock < 0 && errno != EWOULDBLOCK)
		return err_sys(e, "%s", path);
	if (p->state_lock < 0) {
		(void)file_read(AT_FDCWD, path, sizeof(pid), &holder, NULL);
		err_set(e, ERR_HELD, 0, T_PLACE_HELD, store_dir(s),
		    strtoll(buf_str(&holder), NULL, 10));
		return err_hint(e, T_PLACE_HELD_HINT);
	}
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(p->state_lock, 0) < 0)
		return err_sys(e, "%s", path);
	return file_write_all(p->state_lock, pid, strlen(pid), e);
}

static bool
socket_lock(struct place *p, struct err *e)
{
	AUTO_FREE char *path = str_format("%s.lock", p->socket);

	if (path == NULL)
		return err_nomem(e);
	p->socket_lock = lock_open(path);
	if (p->socket_lock < 0)
		return errno == EWOULDBLOCK ? err_set(e, ERR_HELD, 0,
		    T_PLACE_SOCKET_HELD, p->socket) : err_sys(e, "%s", path);
	return true;
}

/* With the lock held, a socket that is there was left by a killed serve. */
static bool
socket_listen(struct place *p, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", p->socket);
	(void)unlink(p->socket);
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (p->fd < 0 ||
	    bind(p->fd, (struct sockaddr *)(void *)&a, sizeof(a)) < 0 ||
	    chmod(p->socket, geteuid() == 0 ? 0666 : 0600) < 0 ||
	    listen(p->fd, BACKLOG) < 0)
		return err_sys(e, T_PLACE_SOCKET, p->socket);
	return true;
}

bool
place_take(struct place *p, const struct store *s, struct err *e)
{
	AUTO_FREE char *dir = place_dir(geteuid(), e);

	*p = (struct place){
		.state_lock = -1, .socket_lock = -1, .fd = -1
	};
	if (dir == NULL || (p->socket = place_socket(geteuid(), e)) == NULL)
		return false;
	if (state_lock(p, s, e) && dir_make(dir, e) && socket_lock(p, e) &&
	    socket_listen(p, e))
		return true;
	place_leave(p);
	return false;
}

/* The files of the locks stay: a name that goes could be locked twice. */
void
place_leave(struct place *p)
{
	if (p->fd >= 0) {
		(void)unlink(p->socket);
		close(p->fd);
	}
	mem_close_at(&p->socket_lock);
	mem_close_at(&p->state_lock);
	free(p->socket);
	*p = (struct place){
		.state_lock = -1, .socket_lock = -1, .fd = -1
	};
}

/* A folder above that others may write is one they may exchange. */
char *
place_trusted(const char *folder)
{
	AUTO_FREE char	*path = realpath(folder, NULL);
	AUTO_FREE char	*whole = path != NULL ? strdup(path) : NULL;
	struct stat	 st;
	char		*slash;
	bool		 is_last = true;

	while (whole != NULL) {
		if (stat(*path != '\0' ? path : "/", &st) < 0 ||
		    (st.st_uid != 0 && st.st_uid != geteuid()))
			return NULL;
		if ((st.st_mode & 022) != 0 && (is_last ||
		    (st.st_mode & S_ISVTX) == 0))
			return NULL;
		slash = strrchr(path, '/');
		if (slash == NULL)
			return TAKE(whole);
		*slash = '\0';
		is_last = false;
	}
	return NULL;
}
