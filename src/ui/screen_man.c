/*
 * stconsole-screen(5), from the tables that the loader reads by.
 */
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "manual.h"
#include "screen_parse.h"
#include "screen_man.def"

/* "Of menu and panel." for a key that not every kind has. */
static void
kinds_add(struct buf *out, unsigned kinds)
{
	const char	*parted = "";
	int		 kind;

	if (kinds == 0)
		return;
	buf_puts(out, MAN_SCREEN_ONLY);
	for (kind = SCREEN_MENU; kind <= SCREEN_TEXT; kind++)
		if ((kinds & 1u << kind) != 0) {
			buf_printf(out, "%s%s", parted, screen_kind_name(
			    (enum screen_kind)kind));
			parted = ", ";
		}
	buf_puts(out, ".\n");
}

static void
map_add(struct buf *out, const struct screen_map *map, bool is_top)
{
	size_t i;

	if (!is_top)
		buf_printf(out, ".Ss %s\n", map->name);
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (i = 0; i < map->count; i++) {
		manual_key(out, map->keys[i].name, map->keys[i].help);
		kinds_add(out, map->keys[i].kinds);
	}
	buf_puts(out, ".El\n");
}

void
screen_manual(const struct registry *r, struct buf *out)
{
	const struct screen_map *map;
	size_t			 i;

	(void)r;
	buf_puts(out, MAN_SCREEN_HEAD);
	for (i = 0; (map = screen_map_at(i)) != NULL; i++)
		map_add(out, map, i == 0);
	buf_puts(out, MAN_SCREEN_TAIL);
}
