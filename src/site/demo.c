/*
 * The demo: real servers on loopback with a site folder of their own, run by
 * the program stconsole-lab.  It is joined by a shared lock on DIR/users and
 * goes when its last user goes (the protocol is told in that program's help).
 */
#include "site_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "text.def"

#define LAB_PROGRAM	"stconsole-lab"
#define LAB_FILE_MAX	(1u << 20)
#define START_TIMEOUT_MS	120000
#define BUSY_MS	15000
#define LOOK_MS	50
#define LAB_REFUSES	3	/* exit status: its folder is there */
#define LINE_MAX_BYTES	256
#define SAID_MAX	4096

/* DIR for this user; malloc'd. */
static char *
demo_dir(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (runtime == NULL || *runtime != '/')
		runtime = "/tmp";
	return str_format("%s/stconsole-demo-%u", runtime,
	    (unsigned)geteuid());
}

/* Beside this program as it was built, else where "make install" put it. */
static char *
lab_program(void)
{
	char *path = file_beside_program(LAB_PROGRAM);

	if (path == NULL || access(path, X_OK) == 0)
		return path;
	free(path);
	return file_beside_program("../libexec/stconsole/" LAB_PROGRAM);
}

/*
 * In /tmp somebody else could have made the folder first: only one that is
 * ours and closed to others is joined.
 */
static bool
dir_is_ours(const char *dir, struct err *e)
{
	struct stat st;

	if (lstat(dir, &st) < 0)
		return err_sys(e, T_DEMO_DIR, dir);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0)
		return err_set(e, ERR_REFUSED, EACCES, T_DEMO_OWNER, dir);
	return true;
}

enum demo_state {
	DEMO_RUNS,
	DEMO_DEAD,	/* its supervisor was killed; a start clears up */
	DEMO_BUSY,	/* it is just coming or just going */
	DEMO_NONE
};

/* The state of what is in dir, with the lock held; *root when it runs. */
static enum demo_state
state_read(const char *dir, char **root)
{
	AUTO_FREE char		*path = str_format("%s/lab.json", dir);
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_JSON json_t	*lab = NULL;
	const json_t		*supervisor;
	int64_t			 pid, start;
	const char		*site;

	if (path == NULL ||
	    !file_read(AT_FDCWD, path, LAB_FILE_MAX, &text, NULL))
		return DEMO_BUSY;
	lab = json_parse(buf_str(&text), text.len, NULL);
	supervisor = json_object_get(lab, "supervisor");
	pid = json_int(supervisor, "pid", 0);
	start = json_int(supervisor, "start", 0);
	site = json_str(lab, "site");
	if (site == NULL || pid <= 0 ||
	    proc_start_time((pid_t)pid) != (unsigned long long)start)
		return DEMO_DEAD;
	*root = site[0] == '/' ? strdup(site) :
	    str_format("%s/%s", dir, site);
	return DEMO_RUNS;
}

/* lab.json stands beside the site's folder; NULL when it cannot be read. */
static json_t *
lab_facts(const struct site *site)
{
	AUTO_FREE char		*path = str_format("%s/../lab.json",
	    site->root);
	AUTO_BUF struct buf	 text = BUF_INIT;

	if (path == NULL ||
	    !file_read(AT_FDCWD, path, LAB_FILE_MAX, &text, NULL))
		return NULL;
	return json_parse(buf_str(&text), text.len, NULL);
}

static char *
demo_ca(const struct site *site)
{
	AUTO_JSON json_t	*lab = lab_facts(site);
	const char		*ca = json_text(lab, "ca");

	return ca[0] == '/' || ca[0] == '\0' ? strdup(ca) :
	    str_format("%s/../%s", site->root, ca);
}

bool
site_https_ca(const struct ctx *ctx, char **path, struct err *e)
{
	if (!settings_get(ctx, "http.ca_file", path, e))
		return false;
	if ((*path)[0] != '\0' || ctx->site == NULL || !ctx->site->is_demo)
		return true;
	free(*path);
	*path = demo_ca(ctx->site);
	return *path != NULL ? true : err_nomem(e);
}

/* The lab names programs; people know the servers. */
static const char *
server_name(const char *program)
{
	static const char *const names[][2] = {
		{ "mongod", "MongoDB" }, { "slapd", "OpenLDAP" }
	};

	for (size_t i = 0; i < LENGTH(names); i++)
		if (strcmp(program, names[i][0]) == 0)
			return names[i][1];
	return program;
}

bool
site_demo_describe(struct site *site, bool is_started_here, struct err *e)
{
	AUTO_JSON json_t	*lab = lab_facts(site);
	AUTO_BUF struct buf	 note = BUF_INIT;
	const json_t		*missing;
	size_t			 i;

	buf_puts(&note, T_DEMO_IS);
	json_array_foreach(json_object_get(lab, "missing"), i, missing)
		buf_printf(&note, T_DEMO_WITHOUT,
		    server_name(json_text(missing, "what")),
		    json_text(missing, "how"));
	if (is_started_here)
		buf_puts(&note, T_DEMO_ENDS);
	if (!buf_ok(&note, e))
		return false;
	site->demo_note = buf_take(&note);
	if (site->demo_note == NULL)
		return err_nomem(e);
	str_strip_control(site->demo_note);
	return true;
}

/*
 * Becomes a user of the demo when it runs.  One that is coming or going has
 * no lab.json and is only looked at: who opens users and closes it again
 * would be taken for its last user.
 */
static bool
join(const char *dir, enum demo_state *state, char **root, int *lock_fd,
    struct err *e)
{
	AUTO_FREE char	*users = str_format("%s/users", dir);
	AUTO_FREE char	*lab = str_format("%s/lab.json", dir);
	AUTO_CLOSE int	 fd = -1;
	struct stat	 st;

	*root = NULL;
	*state = DEMO_NONE;
	if (users == NULL || lab == NULL)
		return err_nomem(e);
	if (lstat(dir, &st) < 0 && errno == ENOENT)
		return true;
	if (!dir_is_ours(dir, e))
		return false;
	*state = DEMO_BUSY;
	if (access(lab, F_OK) < 0)
		return true;
	fd = open(users, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || flock(fd, LOCK_SH) < 0)
		return err_sys(e, T_DEMO_DIR, dir);
	*state = state_read(dir, root);
	if (*state != DEMO_RUNS)
		return true;
	if (*root == NULL)
		return err_nomem(e);
	*lock_fd = fd;
	fd = -1;
	return true;
}

/* ---- starting */

static void
lab_exec(const char *program, const char *dir, int out, int said)
{
	sigset_t	 none;
	int		 nothing = open("/dev/null", O_RDONLY);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A session of its own: Ctrl-C here must not end others' demo. */
	setsid();
	/* What it says must not run over a screen. */
	if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0 &&
	    /* Also what a library of another thread has just opened. */
	    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		execl(program, LAB_PROGRAM, "run", dir, (char *)NULL);
	_exit(127);
}

/* Reads lines until "ready"; false at the end of file or time. */
static bool
wait_ready(int fd, const char *dir, struct err *e)
{
	char		 line[LINE_MAX_BYTES];
	size_t		 len = 0;
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	ssize_t		 n;

	for (;;) {
		n = poll(&p, 1, START_TIMEOUT_MS);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			return err_set(e, ERR_SITE, ETIMEDOUT, T_DEMO_SLOW,
			    START_TIMEOUT_MS / 1000);
		n = n < 0 ? n : read(fd, line + len, 1);
		if (n <= 0)
			return err_set(e, ERR_SITE, 0, T_DEMO_START, dir,
			    LAB_PROGRAM);
		if (line[len] != '\n') {
			len += len + 1 < sizeof(line);
			continue;
		}
		line[len] = '\0';
		if (strcmp(line, "ready") == 0)
			return true;
		len = 0;
	}
}

/* The last line that the lab said, as the reason of a failure. */
static bool
say_why(int said, const char *dir, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	char			*line = NULL, *end;

	(void)lseek(said, 0, SEEK_SET);
	buf_reserve(&text, SAID_MAX + 1);
	if (text.failed)
		return err_nomem(e);
	for (ssize_t n; text.len < SAID_MAX && (n = read(said,
	    text.data + text.len, SAID_MAX - text.len)) > 0;)
		text.len += (size_t)n;
	text.data[text.len] = '\0';
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	end = strrchr(text.data, '\n');
	line = end != NULL ? end + 1 : text.data;
	str_strip_control(line);
	return err_set(e, ERR_SITE, 0, T_DEMO_START, dir,
	    *line != '\0' ? line : LAB_PROGRAM);
}

/*
 * One that failed has ended: take its status.  One that runs stays.
 * ERR_REFUSED: it found the folder of another one.
 */
static bool
run_lab(const char *program, const char *dir, int out[2], int said,
    struct err *e)
{
	struct err	 why = { 0 };
	pid_t		 pid = fork();
	int		 status = 0;

	if (pid < 0)
		return err_sys(e, T_DEMO_PROGRAM, program);
	if (pid == 0)
		lab_exec(program, dir, out[1], said);
	close(out[1]);
	out[1] = -1;
	if (wait_ready(out[0], dir, &why))
		return true;
	kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (why.code == ETIMEDOUT)
		return err_copy(e, &why);
	say_why(said, dir, &why);
	if (WIFEXITED(status) && WEXITSTATUS(status) == LAB_REFUSES)
		why.domain = ERR_REFUSED;
	return err_copy(e, &why);
}

static bool
start(const char *dir, struct err *e)
{
	AUTO_FREE char	*program = lab_program();
	AUTO_CLOSE int	 said = memfd_create(LAB_PROGRAM, MFD_CLOEXEC);
	int		 out[2] = { -1, -1 };
	bool		 ok;

	if (program == NULL)
		return err_nomem(e);
	if (access(program, X_OK) < 0) {
		err_sys(e, T_DEMO_PROGRAM, program);
		return err_hint(e, T_DEMO_PROGRAM_HINT);
	}
	ok = (said >= 0 && pipe2(out, O_CLOEXEC) == 0) ||
	    err_sys(e, T_DEMO_PROGRAM, program);
	ok = ok && run_lab(program, dir, out, said, e);
	mem_close_at(&out[0]);
	mem_close_at(&out[1]);
	return ok;
}

/* Told of what comes and goes in the folder, and of its end; -1: no watch. */
static int
watch_open(const char *dir)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd >= 0 && inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO |
	    IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR) < 0)
		mem_close_at(&fd);
	return fd;
}

/* Until something happens in the folder: the watch is older than the look. */
static void
watch_wait(int watch, int64_t timeout_ms)
{
	struct pollfd p = { .fd = watch, .events = POLLIN };

	(void)poll(&p, 1, watch < 0 ? LOOK_MS : (int)timeout_ms);
}

/*
 * A busy folder belongs to a demo that is coming or going; after a while it
 * is taken for what a killed one left, which a start clears up.  Who finds
 * the folder made by another one in the same moment looks again.
 */
bool
site_demo_join(char **root, int *lock_fd, bool *is_started_here,
    struct err *e)
{
	AUTO_FREE char	*dir = demo_dir();
	int64_t		 begin = clock_mono_ms(&clock_system), left;
	enum demo_state	 state;
	struct err	 why = { 0 };

	*is_started_here = false;
	if (dir == NULL)
		return err_nomem(e);
	for (;;) {
		AUTO_CLOSE int watch = watch_open(dir);

		if (!join(dir, &state, root, lock_fd, e))
			return false;
		if (state == DEMO_RUNS)
			return true;
		left = begin + BUSY_MS - clock_mono_ms(&clock_system);
		if (left < BUSY_MS - START_TIMEOUT_MS)
			return err_set(e, ERR_SITE, ETIMEDOUT, T_DEMO_SLOW,
			    START_TIMEOUT_MS / 1000);
		if (state == DEMO_BUSY && left > 0) {
			watch_wait(watch, left);
			continue;
		}
		err_clear(&why);
		*is_started_here = start(dir, &why);
		if (*is_started_here)
			continue;
		if (why.domain != ERR_REFUSED || left <= 0)
			return err_copy(e, &why);
		watch_wait(watch, left);
	}
}
