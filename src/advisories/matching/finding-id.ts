import { hash } from 'node:crypto'
import type { FindingKind } from '../../model/finding.ts'

/**
 * The id of a finding: the first 80 bits, in hexadecimal, of the SHA-256 of its kind, the name of its weakness and its component's
 * id (which is of purl and path). No layer, image or database goes in, so it survives a rebuild and an update. The name is the lowest
 * CVE, else the lowest GHSA, else the first other name: CVE numbers are the only ones that every source shares, so the same weakness gets the same id
 * from any database; it changes once at most, when a weakness that had none is given a CVE. Whoever compares scans over
 * such a day compares by names.
 */
export function findingId(kind: FindingKind, weakness: string, component: string): string {
  return hash('sha256', `${kind}\0${weakness}\0${component}`, 'hex').slice(0, 20)
}
