/*
 * What an account may do, by connectionStatus: a deployment without accounts
 * names none and lets everybody do all.
 */
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "move.h"

bool
rights_read(struct mongo *m, json_t **out, struct err *e)
{
	AUTO_JSON json_t	*reply = NULL;
	const json_t		*info;

	if (!move_command(m, "admin", json_pack("{s:i, s:b}",
	    "connectionStatus", 1, "showPrivileges", true), "", &reply, e))
		return false;
	info = json_object_get(reply, "authInfo");
	*out = NULL;
	if (json_array_size(json_object_get(info, "authenticatedUsers")) > 0)
		*out = json_incref(json_object_get(info,
		    "authenticatedUserPrivileges"));
	return true;
}

/* {"db":"","collection":""} is every ordinary one. */
static bool
resource_fits(const json_t *resource, const char *db)
{
	const char *of = json_str(resource, "db");

	if (json_flag(resource, "anyResource"))
		return true;
	if (db == NULL)
		return json_flag(resource, "cluster");
	return of != NULL && (of[0] == '\0' || str_equal(of, db)) &&
	    json_text(resource, "collection")[0] == '\0';
}

bool
rights_have(const json_t *rights, const char *db, const char *action)
{
	const json_t	*right, *actions;
	size_t		 i;

	if (rights == NULL)
		return true;
	json_array_foreach (rights, i, right) {
		actions = json_object_get(right, "actions");
		if (resource_fits(json_object_get(right, "resource"), db) &&
		    (move_list_has(actions, action) ||
		    move_list_has(actions, "anyAction")))
			return true;
	}
	return false;
}
