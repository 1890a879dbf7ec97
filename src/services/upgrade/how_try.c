/*
 * The next binary with the member's own options, on an empty folder and a
 * port of loopback, as the member's own user: every option that it refuses,
 * every key file it cannot read shows before the member is stopped
 * (mongodb-real.md E).  No data is touched.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/cancel.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_options.h"
#include "how_parts.h"
#include "text_how.def"

#define TRY_MS		40000
#define CONFIG_MAX	(1u << 20)
#define NOTE_MAX	256

/* A port that was free a moment ago. */
static int
port_free(struct err *e)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	socklen_t		len = sizeof(sin);
	AUTO_CLOSE int		fd = socket(AF_INET, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) < 0) {
		err_sys(e, T_HOW_TRY_PORT);
		return 0;
	}
	return ntohs(sin.sin_port);
}

/* A folder of the server's user, where it has room for its journal. */
static bool
scratch_make(const json_t *args, char dir[64], struct err *e)
{
	const char *under = access("/var/tmp", W_OK) == 0 ? "/var/tmp" :
	    "/tmp";

	snprintf(dir, 64, "%s/stconsole-try-XXXXXX", under);
	if (mkdtemp(dir) == NULL)
		return err_sys(e, "%s", dir);
	if (geteuid() == 0 && chown(dir, (uid_t)json_int(args, "uid", 0),
	    (gid_t)json_int(args, "gid", 0)) < 0) {
		err_sys(e, "%s", dir);
		rmdir(dir);
		*dir = '\0';
		return false;
	}
	return true;
}

static bool
config_copy(const char *file, const char *copy, const char *major,
    const json_t *args, struct err *e)
{
	const struct how_options gone = { how_removed, how_removed_count,
		major };
	const struct how_options places = { how_places, how_places_count,
		major };
	AUTO_BUF struct buf	 old = BUF_INIT, kept = BUF_INIT,
				 out = BUF_INIT;

	if (!file_read(AT_FDCWD, file, CONFIG_MAX, &old, e))
		return false;
	if (!how_config_without(buf_str(&old), old.len, &gone, &kept, NULL,
	    e) || !how_config_without(buf_str(&kept), kept.len, &places, &out,
	    NULL, e))
		return err_context(e, "%s", file);
	if (!file_write(AT_FDCWD, copy, buf_str(&out), out.len, 0600, e))
		return false;
	if (geteuid() == 0 && chown(copy, (uid_t)json_int(args, "uid", 0),
	    (gid_t)json_int(args, "gid", 0)) < 0)
		return err_sys(e, "%s", copy);
	return true;
}

/* The member's words without what names its places, and ours behind. */
static json_t *
argv_make(const struct how_task *t, const char *dir, int port,
    const char *config)
{
	const struct how_options gone = { how_removed, how_removed_count,
		t->to };
	const struct how_options places = { how_places, how_places_count,
		t->to };
	AUTO_JSON json_t	*kept = how_argv_without(
	    json_object_get(t->args, "argv"), &gone, NULL);
	AUTO_JSON json_t	*argv = how_argv_without(kept, &places, NULL);
	AUTO_JSON json_t	*ours = json_pack("[s, o, s, o, s, s, s, s,"
	    " s]", "--dbpath", json_sprintf("%s/db", dir), "--port",
	    json_sprintf("%d", port), "--bind_ip", "127.0.0.1",
	    "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket");

	if (argv == NULL || ours == NULL || json_array_extend(argv, ours) < 0)
		return NULL;
	if (config != NULL && (json_array_append_new(argv,
	    json_string("--config")) < 0 || json_array_append_new(argv,
	    json_string(config)) < 0))
		return NULL;
	return TAKE(argv);
}

static bool
judge(const struct how_task *t, const char *binary,
    const struct how_launch *l, const struct how_launch_result *r,
    struct err *e)
{
	AUTO_FREE char *said = how_words_file(l->out, r->out_from);

	if (!cancel_check(t->ctx->cancel, e))
		return false;
	if (r->how == HOW_LISTENS)
		return true;
	if (r->how == HOW_SILENT)
		err_set(e, ERR_REFUSED, 0, T_HOW_TRY_SILENT, binary,
		    TRY_MS / 1000);
	else
		err_set(e, ERR_REFUSED, r->exit_code, T_HOW_TRY_ENDED, t->to,
		    t->member, said != NULL ? said : T_HOW_NO_WORDS,
		    r->exit_code);
	return err_hint(e, T_HOW_TRY_HINT);
}

static bool
run_it(const struct how_task *t, const char *binary, const char *dir,
    struct err *e)
{
	const char	*file = json_str(t->args, "config");
	AUTO_FREE char	*db = str_format("%s/db", dir);
	AUTO_FREE char	*out = str_format("%s/out", dir);
	AUTO_FREE char	*copy = str_format("%s/mongod.conf", dir);
	int		 port = port_free(e);
	AUTO_FREE char	*at = str_format("127.0.0.1:%d", port);
	AUTO_JSON json_t *argv = argv_make(t, dir, port,
	    file != NULL ? copy : NULL);
	struct how_launch l = { .ctx = t->ctx, .program = binary,
		.argv = argv, .args = t->args, .out = out, .listens = at,
		.wait_ms = TRY_MS, .ends_with_us = true };
	struct how_launch_result r;

	if (port == 0)
		return false;
	if (db == NULL || out == NULL || copy == NULL || at == NULL ||
	    argv == NULL)
		return err_nomem(e);
	if (mkdir(db, 0700) < 0)
		return err_sys(e, "%s", db);
	if (geteuid() == 0 && chown(db, (uid_t)json_int(t->args, "uid", 0),
	    (gid_t)json_int(t->args, "gid", 0)) < 0)
		return err_sys(e, "%s", db);
	if (file != NULL && !config_copy(file, copy, t->to, t->args, e))
		return false;
	return how_launch(&l, &r, e) && judge(t, binary, &l, &r, e);
}

/* What a killed try left: the folder that was noted before it was filled. */
static bool
leftover_remove(const char *note, struct err *e)
{
	AUTO_BUF struct buf dir = BUF_INIT;

	if (!file_exists(AT_FDCWD, note))
		return true;
	if (!file_read(AT_FDCWD, note, NOTE_MAX, &dir, e))
		return false;
	if (strstr(buf_str(&dir), "/stconsole-try-") != NULL &&
	    !file_remove_tree(buf_str(&dir), e))
		return false;
	return file_remove(AT_FDCWD, note, e);
}

bool
how_try_binary(const struct how_task *t, const char *binary, struct err *e)
{
	AUTO_FREE char	*note = how_state_path(t, ".try", e);
	char		 dir[64] = "";
	bool		 ok;

	if (note == NULL || !leftover_remove(note, e) ||
	    !scratch_make(t->args, dir, e))
		return false;
	ok = file_write(AT_FDCWD, note, dir, strlen(dir), 0600, e) &&
	    run_it(t, binary, dir, e);
	/* What was tried counts; litter is told only when all went well. */
	return file_remove_tree(dir, ok ? e : NULL) &&
	    file_remove(AT_FDCWD, note, ok ? e : NULL) && ok;
}
