/*
 * What a terminal can carry: three profiles, told by its type, line and
 * locale.  A serial line decides before the type does: whatever it is called,
 * it is slow.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "theme.h"
#include "tty.h"

#define SLOW_BAUD	19200
#define COLORS_MIN	8

static const char *const profile_names[] = {
	[PROFILE_ECONOMY] = "economy", [PROFILE_BASIC] = "basic",
	[PROFILE_RICH] = "rich"
};

/* Types whose emulators are fast and know all that is sent. */
static const char *const rich_types[] = {
	"xterm", "screen", "tmux", "rxvt", "foot", "kitty", "alacritty",
	"konsole", "gnome", "vte", "putty", "st-", "iterm", "wezterm",
	"contour", "mintty", "ms-terminal", "ghostty"
};

static const struct {
	speed_t	 speed;
	long	 baud;
} speeds[] = {
	{ B300, 300 }, { B600, 600 }, { B1200, 1200 }, { B2400, 2400 },
	{ B4800, 4800 }, { B9600, 9600 }, { B19200, 19200 },
	{ B38400, 38400 }, { B57600, 57600 }, { B115200, 115200 },
	{ B230400, 230400 }, { B460800, 460800 }, { B921600, 921600 }
};

const char *
profile_name(enum profile p)
{
	return profile_names[p];
}

bool
profile_parse(const char *name, enum profile *p)
{
	size_t i;

	for (i = 0; i < LENGTH(profile_names); i++)
		if (str_equal(name, profile_names[i])) {
			*p = (enum profile)i;
			return true;
		}
	return false;
}

static bool
is_one_of(const char *term, const char *const *types, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (str_starts(term, types[i]))
			return true;
	return false;
}

static const char *
term_of(const struct profile_facts *f)
{
	return f->term != NULL ? f->term : "";
}

/* A serial line of which no speed is known is taken for a slow one. */
static bool
is_slow(const struct profile_facts *f)
{
	return f->is_serial && f->baud <= SLOW_BAUD;
}

enum profile
profile_choose(const struct profile_facts *f)
{
	const char *term = term_of(f);

	if (is_slow(f) || term[0] == '\0' || str_equal(term, "dumb") ||
	    str_starts(term, "vt1") || str_starts(term, "vt52") ||
	    str_starts(term, "ansi"))
		return PROFILE_ECONOMY;
	if (f->is_utf8 && !f->is_console && !f->is_serial &&
	    is_one_of(term, rich_types, LENGTH(rich_types)))
		return PROFILE_RICH;
	return PROFILE_BASIC;
}

const char *
profile_theme(enum profile p, const struct profile_facts *f)
{
	if (p == PROFILE_ECONOMY)
		return "economy";
	if (p == PROFILE_BASIC || f->no_color || f->colors < COLORS_MIN)
		return "mono";
	return f->is_light ? "light" : "dark";
}

/*
 * In a UTF-8 locale never by the alternate character set: PuTTY shows letters
 * then.  A DEC terminal knows no UTF-8 whatever the locale of the host says.
 */
enum glyph_set
profile_glyphs(enum profile p, const struct profile_facts *f)
{
	if (p == PROFILE_ECONOMY)
		return GLYPHS_ASCII;
	if (!f->is_utf8)
		return GLYPHS_ACS;
	return str_starts(term_of(f), "vt") &&
	    !str_starts(term_of(f), "vte") ? GLYPHS_ASCII : GLYPHS_UTF8;
}

/* Long where ESC and a digit is how function keys are typed. */
int
profile_esc_ms(enum profile p)
{
	static const int ms[] = {
		[PROFILE_ECONOMY] = 600, [PROFILE_BASIC] = 400,
		[PROFILE_RICH] = 100
	};

	return ms[p];
}

int
profile_period_ms(enum profile p, const struct profile_facts *f)
{
	if (p == PROFILE_ECONOMY || (f->baud > 0 && f->baud <= SLOW_BAUD))
		return 5000;
	return p == PROFILE_BASIC ? 2000 : 1000;
}

/* --- what this terminal is ----------------------------------------------- */

/* ttyS0, ttyAMA0, ttyUSB0, hvc0 ...; tty1 is a virtual console. */
static void
line_facts(const char *name, int fd, struct profile_facts *f)
{
	struct termios	 mode;
	size_t		 i;

	if (str_starts(name, "/dev/"))
		name += strlen("/dev/");
	f->is_serial = str_starts(name, "hvc") || str_starts(name, "hvsi") ||
	    str_starts(name, "xvc") || (str_starts(name, "tty") &&
	    name[3] >= 'A' && name[3] <= 'Z');
	f->is_console = str_equal(name, "console") ||
	    (str_starts(name, "tty") && name[3] >= '0' && name[3] <= '9');
	if (!f->is_serial || tcgetattr(fd, &mode) < 0)
		return;
	for (i = 0; i < LENGTH(speeds); i++)
		if (speeds[i].speed == cfgetospeed(&mode))
			f->baud = speeds[i].baud;
}

static bool
env_is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

/* "15;0" is light on dark; the last number is the background. */
static bool
env_is_light(void)
{
	const char	*value = getenv("COLORFGBG");
	const char	*bg = value != NULL ? strrchr(value, ';') : NULL;

	return bg != NULL && (str_equal(bg, ";7") || str_equal(bg, ";15"));
}

/*
 * As the environment says.  The locale of this process tells nothing of the
 * terminal: it is UTF-8 always, for what is read and written as such.
 */
static bool
terminal_is_utf8(void)
{
	locale_t	 own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool		 is_utf8;

	if (own == (locale_t)0)
		return false;
	is_utf8 = strcasecmp(nl_langinfo_l(CODESET, own), "UTF-8") == 0;
	freelocale(own);
	return is_utf8;
}

void
profile_facts_get(int fd, struct profile_facts *f)
{
	const char *name = ttyname(fd);

	memset(f, 0, sizeof(*f));
	f->term = getenv("TERM");
	if (name != NULL)
		line_facts(name, fd, f);
	f->is_utf8 = terminal_is_utf8();
	f->no_color = env_is_set("NO_COLOR");
	f->is_light = env_is_light();
	f->colors = tty_term_colors(f->term);
}
