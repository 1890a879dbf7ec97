/*
 * Words for people.  Each module keeps its messages in a text.def beside its
 * sources, one TEXT(ID, "English %1$s") a line; a source file includes this
 * header and then "text.def".  The arguments are numbered so that a
 * translation may change their order, and the compiler checks each use
 * against the English format.
 */
#ifndef STCONSOLE_MSG_H
#define STCONSOLE_MSG_H

#define TEXT(id, english) \
	static const char id[] __attribute__((unused)) = english;

#endif
