/*
 * The words that theme files are made of, as theme.c reads them, for
 * stconsole-theme(5).  Private to this folder.
 */
#ifndef UI_THEME_WORDS_H
#define UI_THEME_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum theme_words {
	THEME_KEYS, THEME_LOOKS, THEME_LOOK_KEYS, THEME_ATTRS, THEME_COLORS,
	THEME_MARKS
};

/* The i-th word; help is "" where the name says it.  False: no more. */
bool	 theme_word(enum theme_words of, size_t i, const char **name,
	     const char **help);

#endif
