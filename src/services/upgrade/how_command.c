/*
 * Commands of somebody's own, from a file (--how command:FILE):
 *   members:
 *     "HOST:PORT":
 *       via: [ssh, -o, BatchMode=yes, root@HOST]
 *       stop: [systemctl, stop, mongod]
 *       swap: [/root/swap, "{major}"]
 *       start: [systemctl, start, mongod]
 * {major} and {member} are replaced in the words; via goes before each argv.
 * The words are kept in the plan, so that what was shown is what runs.
 *
 * What a command did is not to be seen from here: that it ended well is noted
 * in the state folder, and the version that the server tells afterwards is
 * the proof.  After a kill a command may run a second time.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "stconsole/yaml_tree.h"

#include "how_parts.h"
#include "text_how.def"

#define RUN_TIMEOUT_MS	(60 * 60 * 1000)
#define NOTE_MAX	64

/* ---- the file */

static void
word_replace(const char *word, const char *major, const char *member,
    struct buf *out)
{
	while (*word != '\0') {
		if (str_starts(word, "{major}")) {
			buf_puts(out, major);
			word += strlen("{major}");
		} else if (str_starts(word, "{member}")) {
			buf_puts(out, member);
			word += strlen("{member}");
		} else {
			buf_putc(out, *word++);
		}
	}
}

static bool
words_add(const struct yaml_node *list, const char *major,
    const char *member, json_t *argv, struct err *e)
{
	const struct yaml_node *n;

	if (list == NULL)
		return true;
	if (!yaml_node_is(list, YAML_KIND_LIST, e))
		return false;
	if (list->count == 0)
		return yaml_node_err(list, e, T_HOW_FILE_EMPTY, list->key);
	for (n = list->children; n != NULL; n = n->next) {
		AUTO_BUF struct buf word = BUF_INIT;

		if (!yaml_node_is(n, YAML_KIND_TEXT, e))
			return false;
		word_replace(n->text, major, member, &word);
		if (!buf_ok(&word, e))
			return false;
		if (json_array_append_new(argv, json_string(
		    buf_str(&word))) < 0)
			return err_nomem(e);
	}
	return true;
}

static bool
argv_set(const struct yaml_node *entry, const char *key, const char *name,
    const char *major, const char *member, json_t *args, struct err *e)
{
	const struct yaml_node	*list = yaml_node_get(entry, key);
	AUTO_JSON json_t	*argv = json_array();

	if (list == NULL)
		return true;
	if (!words_add(yaml_node_get(entry, "via"), major, member, argv, e) ||
	    !words_add(list, major, member, argv, e))
		return false;
	return json_object_set(args, name, argv) == 0 ? true : err_nomem(e);
}

static bool
entry_read(const struct yaml_node *entry, const struct how_task *t,
    json_t *args, struct err *e)
{
	static const char *const keys[] = { "via", "stop", "swap", "start" };

	if (!yaml_node_is(entry, YAML_KIND_MAP, e) ||
	    !yaml_node_known(entry, keys, LENGTH(keys), e))
		return false;
	if (yaml_node_get(entry, "swap") == NULL)
		return yaml_node_err(entry, e, T_HOW_FILE_LACKS, t->member,
		    "swap");
	if (yaml_node_get(entry, "start") == NULL)
		return yaml_node_err(entry, e, T_HOW_FILE_LACKS, t->member,
		    "start");
	return argv_set(entry, "stop", "stop", t->to, t->member, args, e) &&
	    argv_set(entry, "swap", "swap", t->to, t->member, args, e) &&
	    argv_set(entry, "swap", "unswap", t->from, t->member, args, e) &&
	    argv_set(entry, "start", "start", t->to, t->member, args, e) &&
	    argv_set(entry, "start", "start_old", t->from, t->member, args,
	    e);
}

static bool
file_parse(const char *file, const struct how_task *t, json_t *args,
    struct err *e)
{
	static const char *const keys[] = { "members" };
	AUTO_YAML_TREE struct yaml_tree tree = YAML_TREE_INIT;
	const struct yaml_node *members, *entry;

	if (!yaml_tree_read(&tree, file, e))
		return false;
	if (!yaml_node_is(tree.root, YAML_KIND_MAP, e) ||
	    !yaml_node_known(tree.root, keys, LENGTH(keys), e))
		return false;
	members = yaml_node_get(tree.root, "members");
	if (members == NULL)
		return yaml_node_err(tree.root, e, T_HOW_FILE_MEMBERS);
	if (!yaml_node_is(members, YAML_KIND_MAP, e))
		return false;
	entry = yaml_node_get(members, t->member);
	if (entry == NULL)
		return yaml_node_err(members, e, T_HOW_FILE_NO_MEMBER,
		    t->member);
	return entry_read(entry, t, args, e);
}

static json_t *
command_plan(const struct how_task *t, struct err *e)
{
	const char		*file = strchr(t->wish->how, ':');
	AUTO_JSON json_t	*args = json_object();

	if (file == NULL || file[1] == '\0') {
		err_set(e, ERR_USAGE, 0, T_HOW_FILE_NONE);
		return NULL;
	}
	if (args == NULL) {
		err_nomem(e);
		return NULL;
	}
	return file_parse(file + 1, t, args, e) ? TAKE(args) : NULL;
}

/* ---- running */

static bool
run(const struct how_task *t, const char *name, struct err *e)
{
	AUTO_FREE const char	**argv = proc_argv_from_json(
	    json_object_get(t->args, name));
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	if (argv == NULL)
		return err_nomem(e);
	/* Not cancelled half-way: what it does is not ours to interrupt. */
	return proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = RUN_TIMEOUT_MS }, &r, e) ||
	    err_context(e, "%s", t->member);
}

static bool
note_write(const struct how_task *t, const char *major, struct err *e)
{
	AUTO_FREE char *path = how_state_path(t, ".command", e);

	return path != NULL && file_write(AT_FDCWD, path, major,
	    strlen(major), 0600, e);
}

static bool
command_is_swapped(const struct how_task *t, bool *yes, struct err *e)
{
	AUTO_FREE char		*path = how_state_path(t, ".command", e);
	AUTO_BUF struct buf	 b = BUF_INIT;

	*yes = false;
	if (path == NULL)
		return false;
	if (!file_exists(AT_FDCWD, path))
		return true;
	if (!file_read(AT_FDCWD, path, NOTE_MAX, &b, e))
		return false;
	*yes = strcmp(buf_str(&b), t->to) == 0;
	return true;
}

static bool
command_swap(const struct how_task *t, struct err *e)
{
	return run(t, "swap", e) && note_write(t, t->to, e);
}

static bool
command_unswap(const struct how_task *t, struct err *e)
{
	if (json_equal(json_object_get(t->args, "swap"),
	    json_object_get(t->args, "unswap"))) {
		err_set(e, ERR_REFUSED, 0, T_HOW_FILE_NO_WAY_BACK, t->member);
		return err_hint(e, T_HOW_FILE_NO_WAY_BACK_HINT);
	}
	return run(t, "unswap", e) && note_write(t, t->from, e);
}

static bool
command_stop(const struct how_task *t, struct err *e)
{
	return run(t, "stop", e);
}

/* The note has done its work then: what runs is asked of the server. */
static bool
command_start(const struct how_task *t, struct err *e)
{
	AUTO_FREE char	*path = how_state_path(t, ".command", e);
	bool		 swapped;

	return path != NULL && command_is_swapped(t, &swapped, e) &&
	    run(t, swapped ? "start" : "start_old", e) &&
	    file_remove(AT_FDCWD, path, e);
}

static json_t *
command_show_swap(const struct how_task *t)
{
	return json_incref(json_object_get(t->args, "swap"));
}

static json_t *
command_show_start(const struct how_task *t)
{
	return json_incref(json_object_get(t->args, "start"));
}

const struct how how_command = {
	.name = "command",
	.plan = command_plan,
	.show_swap = command_show_swap,
	.show_start = command_show_start,
	.stop = command_stop,
	.is_swapped = command_is_swapped,
	.swap = command_swap,
	.unswap = command_unswap,
	.start = command_start,
};
