/*
 * A folder of small files for a test, below /tmp, removed at the end.
 */
#ifndef STCONSOLE_TESTS_SITE_TREE_H
#define STCONSOLE_TESTS_SITE_TREE_H

struct site_tree {
	char	 dir[64];
};

void	 site_tree_make(struct site_tree *t);
void	 site_tree_remove(struct site_tree *t);
/* Writes DIR/path, folders made. */
void	 site_tree_put(const struct site_tree *t, const char *path,
	     const char *text);
/* The path below the folder; malloc'd. */
char	*site_tree_path(const struct site_tree *t, const char *path);
/* A compose site as HCL's guide shows it, in DIR/folder ("" for DIR). */
void	 site_tree_compose(const struct site_tree *t, const char *folder);

#endif
