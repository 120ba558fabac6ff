/** A project's name as indexes compare it (PEP 503, "Normalized Names"). */
export function normalisedName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase()
}
