package dev.godwit.step;

/** Whose fault an error is, and so who can mend it. */
public enum ErrorKind {
    /** The plan or the data it was given: someone changes one of them. */
    USER,
    /** A system outside Godwit: it is down, slow, full or refuses. */
    EXTERNAL,
    /** Data is not what it must be: nothing goes on until a person has looked. */
    INTEGRITY,
    /** A fault in Godwit itself. */
    INTERNAL
}
