/*
 * Roles by Unix identity.  The only file read is roles.yaml; what it does
 * not name is viewer.
 */
#include "stconsole/role.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define ROLES_MAX	(1u << 20)
#define GROUPS_MAX	1024

static const char *const role_names[] = {
	[ROLE_NONE] = "none", [ROLE_VIEWER] = "viewer",
	[ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin"
};

const char *
role_name(enum role role)
{
	return role_names[role];
}

static bool
role_parse(const struct doc_node *node, const char *file, enum role *role,
    struct err *e)
{
	enum role r;

	for (r = ROLE_VIEWER; r <= ROLE_ADMIN; r++)
		if (str_equal(node->value, role_names[r])) {
			if (r > *role)
				*role = r;
			return true;
		}
	return err_set(e, ERR_REFUSED, 0, T_ROLES_VALUE, file, node->line,
	    node->value != NULL ? node->value : "");
}

/* The entry of one user or group, if there is one; the highest counts. */
static bool
role_look_up(const struct doc *doc, const char *file, const char *kind,
    const char *name, enum role *role, struct err *e)
{
	AUTO_FREE char		*path = str_format("%s[\"%s\"]", kind, name);
	const struct doc_node	*node;

	if (path == NULL)
		return err_nomem(e);
	node = doc_find(doc, path);
	return node == NULL || role_parse(node, file, role, e);
}

static bool
role_of_groups(const struct doc *doc, const char *file, uid_t uid,
    const char *user, enum role *role, struct err *e)
{
	struct passwd	*pw = getpwuid(uid);
	gid_t		 gids[GROUPS_MAX];
	int		 n = GROUPS_MAX, i;
	struct group	*gr;

	if (pw == NULL)
		return true;
	if (getgrouplist(user, pw->pw_gid, gids, &n) < 0)
		n = GROUPS_MAX;
	for (i = 0; i < n; i++) {
		gr = getgrgid(gids[i]);
		if (gr != NULL &&
		    !role_look_up(doc, file, "groups", gr->gr_name, role, e))
			return false;
	}
	return true;
}

bool
role_in(const char *text, size_t len, const char *file,
    const struct identity *who, enum role *role, struct err *e)
{
	struct doc	 doc = { 0 };
	bool		 ok;

	*role = ROLE_VIEWER;
	ok = doc_parse(&doc, &doc_yaml, text, len, e);
	if (!ok)
		err_context(e, "%s", file);
	ok = ok && role_look_up(&doc, file, "users", who->user, role, e) &&
	    role_of_groups(&doc, file, who->uid, who->user, role, e);
	doc_fini(&doc);
	return ok;
}

static bool
role_from_file(const char *file, struct identity *who, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	who->role = ROLE_VIEWER;
	return file_read(AT_FDCWD, file, ROLES_MAX, &text, e) &&
	    role_in(buf_str(&text), text.len, file, who, &who->role, e);
}

bool
identity_self(const char *roles_file, struct identity *out, struct err *e)
{
	const char	*file = roles_file != NULL ? roles_file : ROLES_FILE;
	const char	*sudo = getenv("SUDO_USER");
	struct passwd	*pw;

	memset(out, 0, sizeof(*out));
	out->uid = getuid();
	pw = getpwuid(out->uid);
	if (pw != NULL)
		snprintf(out->user, sizeof(out->user), "%s", pw->pw_name);
	else
		snprintf(out->user, sizeof(out->user), "%u",
		    (unsigned)out->uid);
	snprintf(out->sudo_user, sizeof(out->sudo_user), "%s",
	    sudo != NULL ? sudo : "");
	str_strip_control(out->sudo_user);
	out->role = out->uid == 0 ? ROLE_ADMIN : ROLE_VIEWER;
	if (access(file, F_OK) < 0 && errno == ENOENT)
		return true;
	return role_from_file(file, out, e);
}
