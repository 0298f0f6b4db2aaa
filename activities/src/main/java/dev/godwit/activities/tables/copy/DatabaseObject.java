package dev.godwit.activities.tables.copy;

/**
 * Something in a database beside its tables: a schema, a type, a sequence, a view.
 *
 * @param name what it is, for people and for the journal: {@code type public.mood}
 * @param create the statement that makes it
 * @param drop the statement that removes it, also right if it is gone
 */
record DatabaseObject(String name, String create, String drop) {}
