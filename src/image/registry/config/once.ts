/** A function that makes its result when it is first called, and keeps it. One that throws is asked again. */
export function once<Result>(make: () => Result): () => Result {
  let made: { readonly result: Result } | undefined
  return () => (made ??= { result: make() }).result
}
