/*
 * Themes and terminal profiles: how roles look and how glyphs are drawn.
 * A theme is a YAML file in themes/ (schema closed; stconsole-theme(5)); an
 * override in /etc/stconsole/themes wins.  Meaning is never by colour alone:
 * marks are part of the theme, and a theme without them is refused.
 */
#ifndef UI_THEME_H
#define UI_THEME_H

#include "canvas.h"
#include "stconsole/err.h"

enum profile { PROFILE_ECONOMY, PROFILE_BASIC, PROFILE_RICH };
enum glyph_set { GLYPHS_ASCII, GLYPHS_ACS, GLYPHS_UTF8 };
enum select_style { SELECT_CARET, SELECT_NAME, SELECT_ROW };

#define ATTR_BOLD	1u
#define ATTR_REVERSE	2u
#define ATTR_UNDERLINE	4u
#define ATTR_DIM	8u

/* Colours are 0..15 as terminals number them, -1 the terminal's own. */
/*
 * Without colours (NO_COLOR, a terminal that has none) the attributes are
 * all that is left, so they have to tell the focus.
 */
struct theme_look {
	unsigned	 attr;
	int		 fg, bg;
};

struct theme {
	char			 name[32];
	enum select_style	 select;
	bool			 has_frame;	/* rules and boxes */
	bool			 has_glyphs;	/* false: ASCII always */
	struct theme_look	 look[LOOK_COUNT];
	/* The marks of states, 2 columns: "ok" "!" "x" "?" ".." */
	char			 mark_ok[8], mark_look[8], mark_broken[8];
	char			 mark_unknown[8], mark_busy[8];
};

/*
 * Loads NAME from override_dir (may be NULL), then dir; the theme it is
 * based on the same way.  "auto" is the caller's to resolve.  The error names
 * file, line and what was expected; *t is unchanged then.
 */
bool	 theme_load(const char *dir, const char *override_dir,
	     const char *name, struct theme *t, struct err *e);
/* The built-in mono theme: what is used when no file can be read. */
void	 theme_plain(struct theme *t);

/* What decides the profile; filled by profile_facts_get, or by a test. */
struct profile_facts {
	const char	*term;		/* TERM */
	long		 baud;		/* of the line; 0: no real line */
	bool		 is_serial;	/* ttyS, ttyAMA, ttyUSB, hvc, ... */
	bool		 is_console;	/* a virtual console of this host */
	bool		 is_utf8;	/* the locale */
	bool		 no_color;	/* NO_COLOR set and not empty */
	bool		 is_light;	/* COLORFGBG says so */
	int		 colors;	/* of terminfo; 0 none */
};

/* Strings are borrowed from the environment. */
void	 profile_facts_get(int fd, struct profile_facts *f);
enum profile profile_choose(const struct profile_facts *f);
/* The theme that "auto" means. */
const char *profile_theme(enum profile p, const struct profile_facts *f);
enum glyph_set profile_glyphs(enum profile p, const struct profile_facts *f);
/* ESC is waited for that long by default, and a live view's period. */
int	 profile_esc_ms(enum profile p);
int	 profile_period_ms(enum profile p, const struct profile_facts *f);
bool	 profile_parse(const char *name, enum profile *p);
const char *profile_name(enum profile p);

#endif
