import { expect, it } from 'vitest'
import { javaVersion } from './java-version.ts'

it.each([
  ['1.8.0_392-b08', '8.0.392'],
  ['1.8.0', '8.0.0'],
  ['17.0.9+9-LTS', '17.0.9'],
  ['21', '21.0.0'],
  ['11.0.22.1', '11.0.22'],
  ['x', 'x'],
])('Java %s counts as %s', (version, counted) => {
  expect(javaVersion(version)).toBe(counted)
})
