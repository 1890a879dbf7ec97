/*
 * What W writes is a whole new file or none.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/ui/view_text.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static char dir[] = "/tmp/stconsole-view.XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL) ? 0 : -1;
}

static void
a_new_file_is_ours_alone(void **state)
{
	AUTO_FREE char		*path = str_format("%s/new", dir);
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct stat		 st;
	struct err		 e = { 0 };

	(void)state;
	assert_true(view_file_write(path, "a line\n", &e));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(file_read(AT_FDCWD, path, 100, &text, &e));
	assert_string_equal(buf_str(&text), "a line\n");
}

static void
a_file_that_is_there_stays_as_it_is(void **state)
{
	AUTO_FREE char		*path = str_format("%s/old", dir);
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct err		 e = { 0 };

	(void)state;
	assert_true(file_write(AT_FDCWD, path, "old", 3, 0600, &e));
	assert_false(view_file_write(path, "new", &e));
	assert_non_null(strstr(e.msg, path));
	assert_true(file_read(AT_FDCWD, path, 100, &text, &e));
	assert_string_equal(buf_str(&text), "old");
}

/* A limit on the size of files is a disk that is full. */
static void
a_full_disk_leaves_no_half_file(void **state)
{
	AUTO_FREE char	*path = str_format("%s/full", dir);
	struct rlimit	 before, small;
	struct err	 e = { 0 };
	char		 text[8192];
	bool		 ok;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ok = view_file_write(path, text, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(ok);
	assert_true(strlen(e.msg) > 0);
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_is_ours_alone),
		cmocka_unit_test(a_file_that_is_there_stays_as_it_is),
		cmocka_unit_test(a_full_disk_leaves_no_half_file)
	};

	return cmocka_run_group_tests_name("what W writes", tests, set_up,
	    tear_down);
}
