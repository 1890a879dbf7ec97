/*
 * What this host, its terminal and its language are: half of all questions
 * about a screen begin with them.  Only variables that say how things look;
 * the rest of an environment may hold anything.
 */
#include "parts.h"

#include <fcntl.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/role.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define MIB	(1024u * 1024u)

static const char *const variables[] = {
	"TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "LC_CTYPE",
	"LC_MESSAGES", "TZ", "NO_COLOR", "LINES", "COLUMNS", "TMUX", "STY"
};

static void
system_put(struct buf *out)
{
	AUTO_BUF struct buf	release = BUF_INIT;
	struct utsname		u;
	const char		*name;

	if (uname(&u) == 0)
		buf_printf(out, "host: %s\nkernel: %s %s %s %s\n", u.nodename,
		    u.sysname, u.release, u.version, u.machine);
	if (!file_read(AT_FDCWD, "/etc/os-release", 65536, &release, NULL))
		return;
	name = strstr(buf_str(&release), "PRETTY_NAME=");
	if (name != NULL)
		buf_printf(out, "system: %.*s\n", (int)strcspn(name + 12,
		    "\n"), name + 12);
}

static void
room_put(const char *what, const char *path, struct buf *out)
{
	struct statvfs s;

	if (path == NULL || statvfs(path, &s) != 0)
		return;
	buf_printf(out, "disk of %s (%s): %llu of %llu MiB free\n", what,
	    path, (unsigned long long)s.f_bavail * s.f_frsize / MIB,
	    (unsigned long long)s.f_blocks * s.f_frsize / MIB);
}

static void
memory_put(struct buf *out)
{
	struct sysinfo s;

	if (sysinfo(&s) != 0)
		return;
	buf_printf(out, "memory: %llu of %llu MiB free\nup: %ld s\n"
	    "processors: %ld\n", (unsigned long long)s.freeram *
	    s.mem_unit / MIB, (unsigned long long)s.totalram * s.mem_unit /
	    MIB, s.uptime, sysconf(_SC_NPROCESSORS_ONLN));
}

static void
terminal_put(struct buf *out)
{
	char		 tty[64];
	bool		 has_tty = ttyname_r(STDIN_FILENO, tty,
			     sizeof(tty)) == 0;
	struct winsize	 w;
	size_t		 i;

	buf_printf(out, "terminal: %s\n", has_tty ? tty : "none");
	if (has_tty && ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0)
		buf_printf(out, "size: %ux%u\n", w.ws_col, w.ws_row);
	buf_printf(out, "by ssh: %s\ncharacters: %s\n",
	    getenv("SSH_CONNECTION") != NULL ? "yes" : "no",
	    nl_langinfo(CODESET));
	for (i = 0; i < LENGTH(variables); i++) {
		const char	*value = getenv(variables[i]);
		AUTO_FREE char	*shown = value != NULL ? strdup(value) : NULL;

		if (shown == NULL)
			continue;
		str_strip_control(shown);
		buf_printf(out, "%s=%s\n", variables[i], shown);
	}
}

void
host_facts(struct ctx *ctx, struct buf *out)
{
	buf_printf(out, "stconsole: %s\nuser: %s (%u), %s\n",
	    STCONSOLE_VERSION, ctx->who->user, (unsigned)ctx->who->uid,
	    role_name(ctx->who->role));
	system_put(out);
	memory_put(out);
	room_put("state", store_dir(ctx->store), out);
	if (ctx->site != NULL)
		room_put("site", site_root(ctx->site), out);
	terminal_put(out);
}
