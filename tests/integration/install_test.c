/*
 * make install and make deb, into folders of their own: what an administrator
 * finds afterwards, and that it runs from there.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"
#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define LIMIT_MS	200000

static char	*build, *root, *deb_root, *deb;

/* ---- programs of the system */

/* Fails the test unless it ends with 0; its output is in out, not NULL. */
static void
must_run(const char *const argv[], struct buf *out)
{
	AUTO_PROC_RESULT struct proc_result r = { 0, false, BUF_INIT,
	    BUF_INIT };
	struct proc_spec	 spec = { .argv = argv,
	    .timeout_ms = LIMIT_MS, .output_max = 16u << 20 };
	struct err		 e;

	if (!proc_run(&spec, &r, &e))
		fail_msg("%s", e.msg);
	if (r.exit_code != 0)
		fail_msg("%s ended with %d\n%s\n%s", argv[0], r.exit_code,
		    buf_str(&r.out), buf_str(&r.err));
	buf_add(out, buf_str(&r.out), r.out.len);
}

#define RUN(out, ...) \
	must_run((const char *const []){ __VA_ARGS__, NULL }, (out))

/* The make of this tree, not a part of the one that runs the tests. */
static void
make(const char *target, const char *destdir, struct buf *out)
{
	AUTO_FREE char	*b = str_format("B=%s", build);
	AUTO_FREE char	*to = str_format("DESTDIR=%s", destdir);

	RUN(out, "env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "DESTDIR",
	    "make", "-s", b, to, target);
}

/* tests/run wants to know why. */
static void
skip_for(const char *reason)
{
	print_message("%s\n", reason);
	skip();
}

static int
set_up(void **state)
{
	(void)state;
	build = strdup(run_binary());
	*strrchr(build, '/') = '\0';
	root = run_state_new();
	deb_root = run_state_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	run_state_end(root);
	run_state_end(deb_root);
	free(build);
	free(deb);
	return 0;
}

static void
assert_there(const char *folder, const char *path, mode_t mode)
{
	AUTO_FREE char	*full = str_format("%s/%s", folder, path);
	struct stat	 st;

	if (stat(full, &st) != 0)
		fail_msg("%s is not there", path);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
read_there(const char *folder, const char *path, struct buf *out)
{
	AUTO_FREE char	*full = str_format("%s/%s", folder, path);
	struct err	 e;

	if (!file_read(AT_FDCWD, full, 1u << 20, out, &e))
		fail_msg("%s", e.msg);
}

/* ---- make install */

static void
everything_has_its_place(void **state)
{
	static const char *const files[] = { "usr/local/share/man/man1/"
	    "stconsole.1", "usr/local/share/man/man1/stconsole-admin.1",
	    "usr/local/share/bash-completion/completions/stconsole",
	    "usr/local/lib/systemd/system/stconsole.service",
	    "usr/local/share/stconsole/kiosk/README",
	    "usr/local/share/stconsole/kiosk/getty.conf",
	    "usr/local/share/stconsole/kiosk/serial-getty.conf",
	    "usr/local/share/stconsole/kiosk/profile.sh",
	    "usr/local/share/stconsole/screens/home.yaml",
	    "usr/local/share/stconsole/themes/dark.yaml",
	    "etc/pam.d/stconsole" };
	AUTO_BUF struct buf	out = BUF_INIT;
	size_t			i;

	(void)state;
	make("install", root, &out);
	assert_there(root, "usr/local/bin/stconsole", 0755);
	for (i = 0; i < LENGTH(files); i++)
		assert_there(root, files[i], 0644);
}

static void
places_are_written_where_they_are_named(void **state)
{
	static const char *const files[] = {
		"usr/local/lib/systemd/system/stconsole.service",
		"usr/local/share/stconsole/kiosk/README",
		"usr/local/share/stconsole/kiosk/profile.sh"
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(files); i++) {
		AUTO_BUF struct buf b = BUF_INIT;

		read_there(root, files[i], &b);
		assert_null(strstr(buf_str(&b), "DIR@"));
		assert_non_null(strstr(buf_str(&b), "/usr/local/"));
	}
}

/* systemd wants the program to be there; everything else it reads as it is. */
static void
systemd_finds_nothing_wrong_with_the_unit(void **state)
{
	AUTO_BUF struct buf	 unit = BUF_INIT, out = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/stconsole.service",
	    root);
	AUTO_BUF struct buf	 here = BUF_INIT;
	const char		*line;

	(void)state;
	if (!proc_exists("systemd-analyze"))
		skip_for("optional: systemd-analyze is not here");
	read_there(root, "usr/local/lib/systemd/system/stconsole.service",
	    &unit);
	line = strstr(buf_str(&unit), "/usr/local/bin/stconsole serve\n");
	assert_non_null(line);
	buf_add(&here, unit.data, (size_t)(line - unit.data));
	buf_printf(&here, "%s serve\n%s", run_binary(), strchr(line, '\n'));
	assert_true(file_write(AT_FDCWD, path, here.data, here.len, 0644,
	    NULL));
	RUN(&out, "systemd-analyze", "verify", "--man=no", path);
	assert_string_equal(buf_str(&out), "");
}

/* ---- the kiosk's profile, on a terminal that script(1) makes */

static void
profile_run(const char *program, const char *before, struct buf *out)
{
	AUTO_FREE char	*command = str_format("%s sh -c '. %s/profile.sh; "
	    "echo kiosk is ${STCONSOLE_KIOSK-unset}'", before, root);
	AUTO_FREE char	*path = str_format("%s/profile.sh", root);
	AUTO_BUF struct buf b = BUF_INIT, here = BUF_INIT;
	const char	*at;

	read_there(root, "usr/local/share/stconsole/kiosk/profile.sh", &b);
	at = strstr(buf_str(&b), "/usr/local/bin/stconsole");
	assert_non_null(at);
	buf_add(&here, b.data, (size_t)(at - b.data));
	buf_printf(&here, "%s%s", program, at +
	    strlen("/usr/local/bin/stconsole"));
	assert_true(file_write(AT_FDCWD, path, here.data, here.len, 0644,
	    NULL));
	RUN(out, "/usr/bin/script", "-qec", command, "/dev/null");
}

static void
a_kiosk_login_ends_with_stconsole(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT, broken = BUF_INIT, no = BUF_INIT;

	(void)state;
	if (access("/usr/bin/script", X_OK) != 0)
		skip_for("script(1) is not here");
	profile_run("echo console", "STCONSOLE_KIOSK=1", &out);
	assert_non_null(strstr(buf_str(&out), "console"));
	assert_null(strstr(buf_str(&out), "kiosk is"));
	/* One that cannot run leaves a shell, which is no kiosk. */
	profile_run("false", "STCONSOLE_KIOSK=1", &broken);
	assert_non_null(strstr(buf_str(&broken), "ended with 1"));
	assert_non_null(strstr(buf_str(&broken), "kiosk is unset"));
	/* Any other login is left alone. */
	profile_run("echo console", "", &no);
	assert_null(strstr(buf_str(&no), "console"));
	assert_non_null(strstr(buf_str(&no), "kiosk is unset"));
}

/* ---- make deb */

static void
the_package_says_what_it_needs(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT, info = BUF_INIT, list = BUF_INIT;

	(void)state;
	if (!proc_exists("dpkg-deb"))
		skip_for("optional: dpkg-deb is not here");
	make("deb", "", &out);
	deb = strndup(buf_str(&out), strcspn(buf_str(&out), "\n"));
	assert_non_null(strstr(deb, "/stconsole_" STCONSOLE_VERSION "_"));
	RUN(&info, "dpkg-deb", "-I", deb);
	assert_non_null(strstr(buf_str(&info), "Package: stconsole\n"));
	assert_non_null(strstr(buf_str(&info), "libmongoc-1.0-0, "));
	assert_non_null(strstr(buf_str(&info), "Suggests: slapd"));
	RUN(&list, "dpkg-deb", "-c", deb);
	assert_non_null(strstr(buf_str(&list), " root/root "));
	assert_non_null(strstr(buf_str(&list), "./usr/bin/stconsole\n"));
	assert_non_null(strstr(buf_str(&list),
	    "./usr/lib/systemd/system/stconsole.service\n"));
	assert_null(strstr(buf_str(&list), "/usr/local/"));
}

static void
what_is_unpacked_runs_and_its_sums_are_right(void **state)
{
	AUTO_BUF struct buf	 out = BUF_INIT, v = BUF_INIT;
	AUTO_FREE char		*program = str_format("%s/usr/bin/stconsole",
	    deb_root);
	AUTO_FREE char		*sums = str_format("cd %s && dpkg-deb "
	    "--ctrl-tarfile %s | tar -xO ./md5sums | md5sum --quiet -c",
	    deb_root, deb != NULL ? deb : "");

	(void)state;
	if (deb == NULL)
		skip_for("optional: no package was made");
	RUN(&out, "dpkg-deb", "-x", deb, deb_root);
	RUN(&v, program, "--version");
	assert_string_equal(buf_str(&v), "stconsole " STCONSOLE_VERSION "\n");
	RUN(&out, "sh", "-c", sums);
	assert_string_equal(buf_str(&out), "");
}

/* In a root of its own, as root; nothing is enabled there. */
static void
dpkg_installs_and_removes_it(void **state)
{
	AUTO_FREE char	*admin = str_format("%s/var/lib/dpkg", root);
	AUTO_FREE char	*into = str_format("--root=%s", root);
	AUTO_FREE char	*made = str_format("mkdir -p %s/info %s/updates "
	    "%s/triggers && : >%s/status && : >%s/available", admin, admin,
	    admin, admin, admin);
	AUTO_FREE char	*link = str_format("%s/etc/systemd/system", root);
	AUTO_BUF struct buf out = BUF_INIT;

	(void)state;
	if (deb == NULL || getuid() != 0)
		skip_for("optional: only root installs a package");
	RUN(&out, "sh", "-c", made);
	RUN(&out, "dpkg", into, "--force-depends",
	    "--force-script-chrootless", "-i", deb);
	assert_there(root, "usr/bin/stconsole", 0755);
	assert_int_not_equal(access(link, F_OK), 0);
	buf_reset(&out);
	RUN(&out, "dpkg-query", "--admindir", admin, "-W", "-f",
	    "${Status}${Conffiles}", "stconsole");
	assert_true(str_starts(buf_str(&out), "install ok installed"));
	assert_non_null(strstr(buf_str(&out), "/etc/pam.d/stconsole "));
	RUN(&out, "dpkg", into, "--force-script-chrootless", "-P",
	    "stconsole");
	AUTO_FREE char *program = str_format("%s/usr/bin/stconsole", root);

	assert_int_not_equal(access(program, F_OK), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_has_its_place),
		cmocka_unit_test(places_are_written_where_they_are_named),
		cmocka_unit_test(systemd_finds_nothing_wrong_with_the_unit),
		cmocka_unit_test(a_kiosk_login_ends_with_stconsole),
		cmocka_unit_test(the_package_says_what_it_needs),
		cmocka_unit_test(
		    what_is_unpacked_runs_and_its_sums_are_right),
		cmocka_unit_test(dpkg_installs_and_removes_it)
	};

	return cmocka_run_group_tests_name("install", tests, set_up,
	    tear_down);
}
