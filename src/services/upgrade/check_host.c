/*
 * Rules about the machine below each server: CPU, system, kernel, limits, and
 * how the process is run.  What stands in /proc and /sys is read here, of
 * servers on this host only.
 */
#include "check_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_check.def"

#define FILES_MIN	64000	/* facts, mongodb.md 1.2: C8 */
#define PROC_MAX	((size_t)64 << 10)

bool
check_is_container(const json_t *member)
{
	const char *by = json_text(json_object_get(member, "run"), "by");

	return str_equal(by, "docker") || str_equal(by, "podman") ||
	    str_equal(by, "kubernetes");
}

static void
look_cpu(struct check_run *r, const json_t *m)
{
	const struct mongo_major *to = mongo_major_find(r->to);
	const json_t	*host = json_object_get(m, "host");
	const char	*features = json_str(host, "cpu_features");

	if (to == NULL || !to->needs_avx || (r->from[0] != '\0' &&
	    mongo_major_find(r->from) != NULL &&
	    mongo_major_find(r->from)->needs_avx))
		return;
	if (!json_is_object(host)) {
		found_unknown(r, m, "host");
	} else if (!str_equal(json_text(host, "arch"), "x86_64")) {
		found(r, VERDICT_WARN, m, NULL, T_CHECK_ARCH, json_text(host,
		    "arch"));
	} else if (features == NULL || *features == '\0') {
		found(r, VERDICT_UNKNOWN, m, NULL, T_CHECK_CPU_UNKNOWN);
	} else if (strstr(features, "avx") == NULL) {
		found(r, VERDICT_BLOCK, m, T_CHECK_AVX_FIX, T_CHECK_AVX);
	} else {
		found(r, VERDICT_OK, m, NULL, T_CHECK_AVX_OK);
	}
}

/* "Linux 6.19" up to 7.0.13: SERVER-121912. */
static void
look_kernel(struct check_run *r, const json_t *m)
{
	const json_t	*host = json_object_get(m, "host");
	const char	*kernel = json_str(host, "kernel");

	if (!hop_reaches(r, "8.0"))
		return;
	if (!json_is_object(host))
		found_unknown(r, m, "host");
	else if (kernel == NULL)
		found(r, VERDICT_UNKNOWN, m, NULL, T_CHECK_KERNEL_UNKNOWN);
	else if (mongo_version_compare(kernel, "6.19") >= 0 &&
	    mongo_version_compare(kernel, "7.0.14") < 0)
		found(r, VERDICT_BLOCK, m, T_CHECK_KERNEL_FIX,
		    T_CHECK_KERNEL, kernel);
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_KERNEL_OK, kernel);
}

/* What the official builds of a major do not run on
 * (facts, mongodb.md 1.4). */
static const struct {
	const char	*major, *name, *version;
	enum verdict	 verdict;
} platforms[] = {
	{ "7.0", "Ubuntu", "24.04", VERDICT_WARN },
	{ "8.0", "Red Hat Enterprise Linux", "7", VERDICT_BLOCK },
	{ "8.0", "CentOS", "7", VERDICT_BLOCK },
	{ "8.0", "Debian", "11", VERDICT_BLOCK },
	{ "8.0", "SUSE Linux Enterprise Server", "12", VERDICT_BLOCK },
};

/* "Debian GNU/Linux 12 (bookworm)" holds the version as a word. */
static bool
has_version(const char *text, const char *version)
{
	const char	*at = text;
	size_t		 len = strlen(version);

	while ((at = strstr(at, version)) != NULL) {
		if ((at == text || strchr(" -\"", at[-1]) != NULL) &&
		    (at[len] == '\0' || strchr(" .\"", at[len]) != NULL))
			return true;
		at += len;
	}
	return false;
}

static void
look_platform(struct check_run *r, const json_t *m)
{
	const json_t	*host = json_object_get(m, "host");
	const char	*os = json_text(host, "os");
	const char	*version = json_text(host, "os_version");
	size_t		 i;

	if (check_is_container(m))
		return;
	for (i = 0; i < LENGTH(platforms); i++)
		if (str_equal(platforms[i].major, r->to) &&
		    strstr(os, platforms[i].name) != NULL &&
		    (has_version(os, platforms[i].version) ||
		    has_version(version, platforms[i].version))) {
			found(r, platforms[i].verdict, m, T_CHECK_OS_FIX,
			    T_CHECK_OS, r->to, os, version);
			found_verb(r, "mongo move");
		}
}

/* Only the start of what a file below /proc or /sys says; "" when not. */
static void
kernel_file(const char *path, struct buf *out)
{
	struct err why;

	if (!file_read(AT_FDCWD, path, PROC_MAX, out, &why))
		buf_reset(out);
}

static void
look_huge_pages(struct check_run *r, const json_t *m)
{
	AUTO_BUF struct buf text = BUF_INIT;
	bool		 is_on, wants = mongo_version_compare(r->to, "8.0") >=
	    0;

	if (!wants)
		return;
	if (!json_flag(json_object_get(m, "run"), "local")) {
		found(r, VERDICT_UNKNOWN, m, T_CHECK_THP_FIX,
		    T_CHECK_THP_UNKNOWN);
		return;
	}
	kernel_file("/sys/kernel/mm/transparent_hugepage/enabled", &text);
	is_on = strstr(buf_str(&text), "[always]") != NULL;
	if (text.len == 0)
		found(r, VERDICT_UNKNOWN, m, T_CHECK_THP_FIX,
		    T_CHECK_THP_UNKNOWN);
	else if (!is_on)
		found(r, VERDICT_WARN, m, T_CHECK_THP_FIX, T_CHECK_THP_OFF);
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_THP_ON);
}

static void
look_limits(struct check_run *r, const json_t *m)
{
	const json_t	*run = json_object_get(m, "run");
	AUTO_BUF struct buf text = BUF_INIT;
	char		 path[64];
	const char	*line;
	long long	 files = 0;

	if (!json_flag(run, "local") || json_int(run, "pid", 0) <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%lld/limits",
	    (long long)json_int(run, "pid", 0));
	kernel_file(path, &text);
	line = strstr(buf_str(&text), "Max open files");
	if (line == NULL)
		return;
	line += strlen("Max open files");
	files = strtoll(line + strspn(line, " "), NULL, 10);
	if (files > 0 && files < FILES_MIN)
		found(r, VERDICT_WARN, m, T_CHECK_FILES_FIX, T_CHECK_FILES,
		    files);
}

/* "mongo", "mongo:latest": whatever comes with the next pull. */
static bool
image_is_pinned(const char *image)
{
	const char	*slash = strrchr(image, '/');
	const char	*tag = strchr(slash != NULL ? slash : image, ':');

	return strchr(image, '@') != NULL ||
	    (tag != NULL && !str_equal(tag, ":latest"));
}

static void
look_run(struct check_run *r, const json_t *m)
{
	const json_t	*run = json_object_get(m, "run");
	const char	*image = json_str(run, "image");

	/* SERVER-74345, from 4.4.19 and 5.0.15 on. */
	if (json_str(run, "unit") != NULL && json_str(run, "package") !=
	    NULL && json_is_true(check_option(json_object_get(m, "options"),
	    "processManagement.fork")))
		found(r, VERDICT_BLOCK, m, T_CHECK_FORK_FIX, T_CHECK_FORK,
		    json_text(run, "unit"));
	if (check_is_container(m) && image != NULL &&
	    !image_is_pinned(image) && r->wish->how.image == NULL)
		found(r, VERDICT_BLOCK, m, T_CHECK_IMAGE_FIX, T_CHECK_IMAGE,
		    image);
}

const struct check_rule check_host_rules[] = {
	{ .id = "C8", .scope = RULE_HOP_MEMBER, .unknown_blocks = true,
	  .rule = T_RULE_C8, .look = look_cpu },
	{ .id = "C8", .scope = RULE_HOP_MEMBER, .unknown_blocks = true,
	  .rule = T_RULE_KERNEL, .look = look_kernel },
	{ .id = "C8", .scope = RULE_HOP_MEMBER, .rule = T_RULE_OS,
	  .look = look_platform },
	{ .id = "C8", .scope = RULE_HOP_MEMBER, .rule = T_RULE_THP,
	  .look = look_huge_pages },
	{ .id = "C8", .scope = RULE_MEMBER, .rule = T_RULE_FILES,
	  .look = look_limits },
	{ .id = "C17", .scope = RULE_MEMBER, .rule = T_RULE_RUN,
	  .look = look_run },
};
const size_t check_host_count = LENGTH(check_host_rules);
