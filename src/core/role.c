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
#define NAMES_MAX	16384
#define GROUP_BYTES_MAX	(4u << 20)

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

/* A name of the system's tables, read so that any thread may ask. */
struct named {
	char	 name[256];
	gid_t	 gid;
};

static bool
user_named(uid_t uid, struct named *out)
{
	struct passwd	 pw, *found = NULL;
	char		 words[NAMES_MAX];

	if (getpwuid_r(uid, &pw, words, sizeof(words), &found) != 0 ||
	    found == NULL)
		return false;
	snprintf(out->name, sizeof(out->name), "%s", pw.pw_name);
	out->gid = pw.pw_gid;
	return true;
}

/* A group may have more members than fit; only its name is wanted. */
static bool
group_named(gid_t gid, char *name, size_t size)
{
	size_t		 room;
	struct group	 gr, *found;
	int		 rc = ERANGE;

	for (room = NAMES_MAX; rc == ERANGE && room <= GROUP_BYTES_MAX;
	    room *= 4) {
		AUTO_FREE char *words = malloc(room);

		found = NULL;
		rc = words == NULL ? ENOMEM : getgrgid_r(gid, &gr, words,
		    room, &found);
		if (rc == 0 && found != NULL)
			snprintf(name, size, "%s", gr.gr_name);
	}
	return rc == 0 && found != NULL;
}

static bool
role_of_groups(const struct doc *doc, const char *file, uid_t uid,
    const char *user, enum role *role, struct err *e)
{
	gid_t		 gids[GROUPS_MAX];
	int		 n = GROUPS_MAX, i;
	struct named	 u;
	char		 group[256];

	if (!user_named(uid, &u))
		return true;
	if (getgrouplist(user, u.gid, gids, &n) < 0)
		n = GROUPS_MAX;
	for (i = 0; i < n; i++)
		if (group_named(gids[i], group, sizeof(group)) &&
		    !role_look_up(doc, file, "groups", group, role, e))
			return false;
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
identity_of(const char *roles_file, uid_t uid, const char *sudo_user,
    struct identity *out, struct err *e)
{
	const char	*file = roles_file != NULL ? roles_file : ROLES_FILE;
	struct named	 n;

	memset(out, 0, sizeof(*out));
	out->uid = uid;
	if (user_named(uid, &n))
		snprintf(out->user, sizeof(out->user), "%.*s",
		    (int)sizeof(out->user) - 1, n.name);
	else
		snprintf(out->user, sizeof(out->user), "%u", (unsigned)uid);
	snprintf(out->sudo_user, sizeof(out->sudo_user), "%s",
	    sudo_user != NULL ? sudo_user : "");
	str_strip_control(out->sudo_user);
	out->role = uid == 0 ? ROLE_ADMIN : ROLE_VIEWER;
	if (access(file, F_OK) < 0 && errno == ENOENT)
		return true;
	return role_from_file(file, out, e);
}

bool
identity_self(const char *roles_file, struct identity *out, struct err *e)
{
	return identity_of(roles_file, getuid(), getenv("SUDO_USER"), out, e);
}
