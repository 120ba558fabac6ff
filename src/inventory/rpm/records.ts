/**
 * What a database gives, one after the other: a record's bytes, valid until the next is asked for, or what is wrong with a
 * record or with the whole file. A problem never ends the iteration by an exception.
 */
export type Records = Generator<{ readonly bytes: Uint8Array } | { readonly problem: string }, void, undefined>
