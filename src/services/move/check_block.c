/*
 * Who keeps the last writes off the source: the server itself (6.0 on), the
 * site by stopping what writes, or a command of the administrator's.  And how
 * long the source remembers, which bounds how long the copy may take.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/yaml_tree.h"

#include "move.h"
#include "text.def"

/* --- the oplog ---------------------------------------------------------- */

static bool
oplog_end(struct mongo *m, int order, uint64_t *at, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;

	if (!move_command(m, "local", json_pack("{s:s, s:{s:i}, s:i,"
	    " s:{s:i}}", "find", "oplog.rs", "sort", "$natural", order,
	    "limit", 1, "projection", "ts", 1), "clusterMonitor", &reply, e))
		return false;
	*at = move_time(json_object_get(json_array_get(json_object_get(
	    json_object_get(reply, "cursor"), "firstBatch"), 0), "ts"));
	return true;
}

/* The site's account may not read it; that is no reason to stop. */
bool
oplog_check(struct move_check *c, struct err *e)
{
	AUTO_MONGO struct mongo		*keeper = NULL;
	AUTO_SECRET struct secret	*url = NULL;
	struct err			 why = { 0 };
	uint64_t			 first = 0, last = 0;

	if (!mongo_keeper_url(c->ctx, &url, e))
		return false;
	if (!mongo_open_url(url, MONGO_PRIMARY, c->timeout_ms, &keeper, &why)
	    || !oplog_end(keeper, 1, &first, &why) ||
	    !oplog_end(keeper, -1, &last, &why))
		return plan_note_add(c->plan, e, T_OPLOG_UNKNOWN, why.msg);
	return plan_note_add(c->plan, e, T_OPLOG, (double)((last >> 32) -
	    (first >> 32)) / 3600);
}

/* --- who blocks --------------------------------------------------------- */

/* Why the write block cannot be used; "" when it can. */
static bool
writeblock_why(struct move_check *c, struct err *why, struct err *e)
{
	AUTO_MONGO struct mongo		*keeper = NULL;
	AUTO_SECRET struct secret	*url = NULL;
	AUTO_JSON json_t		*rights = NULL;

	err_clear(why);
	if (mongo_version_compare(c->source_version, "6.0") < 0)
		return err_set(why, ERR_REFUSED, 0, T_BLOCK_VERSION,
		    c->source_version) || true;
	if (c->source_rights == NULL)
		return err_set(why, ERR_REFUSED, 0, T_BLOCK_NO_ACCOUNTS) ||
		    true;
	if (rights_have(c->source_rights, NULL, "bypassWriteBlockingMode"))
		return err_set(why, ERR_REFUSED, 0, T_BLOCK_EXEMPT,
		    mongo_url_shown(c->source)) || true;
	if (!mongo_keeper_url(c->ctx, &url, e))
		return false;
	if (!mongo_open_url(url, MONGO_PRIMARY, c->timeout_ms, &keeper, why)
	    || !rights_read(keeper, &rights, why))
		return true;
	if (!rights_have(rights, NULL, "setUserWriteBlockMode"))
		return err_set(why, ERR_REFUSED, 0, T_BLOCK_RIGHT,
		    mongo_url_shown(keeper)) || true;
	c->keeper = TAKE(url);
	return true;
}

static bool
argv_read(const struct yaml_node *root, const char *key, json_t *into,
    struct err *e)
{
	const struct yaml_node	*list = yaml_node_get(root, key), *word;
	json_t			*argv = json_array();

	if (json_object_set_new(into, key, argv) < 0)
		return err_nomem(e);
	if (list == NULL)
		return yaml_node_err(root, e, T_COMMAND_KEY, key);
	if (!yaml_node_is(list, YAML_KIND_LIST, e))
		return false;
	for (word = list->children; word != NULL; word = word->next)
		if (!yaml_node_is(word, YAML_KIND_TEXT, e) ||
		    json_array_append_new(argv, json_string(word->text)) < 0)
			return e != NULL && e->domain != ERR_NONE ? false :
			    err_nomem(e);
	return json_array_size(argv) > 0 ||
	    yaml_node_err(list, e, T_COMMAND_KEY, key);
}

static bool
command_read(struct move_check *c, const char *path, struct err *e)
{
	static const char *const keys[] = { "block", "unblock" };
	AUTO_YAML_TREE struct yaml_tree tree = YAML_TREE_INIT;

	c->block = "command";
	c->command = json_object();
	if (c->command == NULL)
		return err_nomem(e);
	return yaml_tree_read(&tree, path, e) &&
	    yaml_node_is(tree.root, YAML_KIND_MAP, e) &&
	    yaml_node_known(tree.root, keys, LENGTH(keys), e) &&
	    argv_read(tree.root, "block", c->command, e) &&
	    argv_read(tree.root, "unblock", c->command, e);
}

static bool
writeblock_or_site(struct move_check *c, bool insists, struct err *e)
{
	struct err why;

	c->block = "writeblock";
	if (!writeblock_why(c, &why, e))
		return false;
	if (c->keeper != NULL)
		return true;
	if (insists)
		return plan_block(c->plan, T_BLOCK_HINT, e, "%s", why.msg);
	c->block = "site";
	return plan_note_add(c->plan, e, T_BLOCK_SITE, why.msg);
}

bool
check_block(struct move_check *c, struct err *e)
{
	const char *how = json_text(c->params, "block");

	if (str_starts(how, "command:"))
		return command_read(c, how + strlen("command:"), e);
	if (how[0] == '\0' || str_equal(how, "auto"))
		return writeblock_or_site(c, false, e);
	if (str_equal(how, "writeblock"))
		return writeblock_or_site(c, true, e);
	c->block = "site";
	if (str_equal(how, "site"))
		return true;
	err_set(e, ERR_USAGE, 0, T_BLOCK_WORD, how);
	return err_hint(e, T_BLOCK_WORD_HINT);
}
