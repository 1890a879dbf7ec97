#include "mark.h"

const char *
mark_text(const struct theme *t, enum screen_mark mark, enum look *look)
{
	switch (mark) {
	case MARK_OK:
		*look = LOOK_OK;
		return t->mark_ok;
	case MARK_LOOK:
		*look = LOOK_WARN;
		return t->mark_look;
	case MARK_BROKEN:
		*look = LOOK_ERROR;
		return t->mark_broken;
	case MARK_UNKNOWN:
		*look = LOOK_UNKNOWN;
		return t->mark_unknown;
	case MARK_BUSY:
		*look = LOOK_UNKNOWN;
		return t->mark_busy;
	default:
		*look = LOOK_TEXT;
		return "";
	}
}
