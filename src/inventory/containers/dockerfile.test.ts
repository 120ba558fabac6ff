// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how variables of a Dockerfile are written
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../../test/support/catalog.ts'
import { dockerfile, dockerfileReader } from './dockerfile.ts'
import { substituted } from './substitution.ts'

/** Names and versions of a Dockerfile's base images. */
function bases(text: string): string[] {
  return catalog(dockerfile, { 'app/Dockerfile': text }).components.map(({ name, version }) => `${name} ${version}`)
}

describe('base images of a Dockerfile', () => {
  it('are what FROM names, with arguments replaced, without stages and scratch', () => {
    const text = [
      '# syntax=docker/dockerfile:1',
      'ARG REGISTRY=registry.example:5000 TAG="1.2"',
      'ARG IMAGE=${REGISTRY}/team/app:${TAG}',
      'ARG NONE',
      'from --platform=$BUILDPLATFORM golang:1.22 AS Build',
      'ARG TAG=9',
      'RUN echo FROM nothing',
      'FROM build AS test',
      'FROM $IMAGE',
      'FROM ${NONE:-alpine}',
      'FROM scratch',
      `FROM debian@sha256:${'a'.repeat(64)}`,
      `FROM debian:12@sha256:${'a'.repeat(64)}`,
    ].join('\r\n')
    expect(bases(text)).toEqual([
      'golang 1.22',
      'registry.example:5000/team/app 1.2',
      'alpine latest',
      `debian sha256:${'a'.repeat(64)}`,
      `debian sha256:${'a'.repeat(64)}`,
    ])
  })

  it('are found across joined lines, and not inside documents and comments', () => {
    const text = [
      '# escape=`',
      'FROM `',
      '# a comment',
      '',
      '  alpine:3.20 `',
      '  AS one',
      'RUN <<EOF cat <<-"END"',
      'FROM inside:1',
      'EOF',
      'FROM inside:2',
      '\t\tEND',
      'COPY <<never /x',
      'FROM busybox:1.36',
    ].join('\n')
    const { components } = catalog(dockerfile, { 'app/Dockerfile': text })
    expect(components.map(({ name, evidence }) => [name, evidence[0]?.lines])).toEqual([
      ['alpine', [2, 6]],
      ['busybox', [13, 13]],
    ])
  })

  it('that depend on arguments without a default are told', () => {
    const answer = catalog(dockerfile, { 'a/Containerfile': 'ARG BASE\nFROM $BASE\nFROM alpine-$TARGETARCH:3\nFROM\n' })
    expect(answer.components).toEqual([])
    expect(answer.diagnostics.map(({ code, effect, message }) => [code, effect, message.slice(0, 6)])).toEqual([
      ['base-image-unknown', 'notice', 'line 2'],
      ['base-image-unknown', 'notice', 'line 3'],
      ['base-image-unknown', 'notice', 'line 4'],
    ])
  })

  it('have package URLs of images, and an ecosystem of their own', () => {
    const text = ['nginx:1.27', 'docker.io/library/redis', 'bitnami/redis:7', 'ghcr.io/a/b/c:1', 'localhost/x:2']
    const { components } = catalog(dockerfile, { 'x.Dockerfile': text.map((one) => `FROM ${one}\n`).join('') })
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:docker/nginx@1.27',
      'pkg:docker/redis@latest',
      'pkg:docker/bitnami/redis@7',
      'pkg:docker/a/b/c@1?repository_url=ghcr.io',
      'pkg:docker/x@2?repository_url=localhost',
    ])
    expect(new Set(components.map(({ ecosystem, presence }) => `${ecosystem} ${presence}`))).toEqual(
      new Set(['container-image declared']),
    )
  })

  it('of any text are facts or diagnostics, never an exception', () => {
    const word = fc.constantFrom(
      'FROM ',
      'ARG ',
      'RUN ',
      '<<A',
      '\nA\n',
      '$A',
      '${A:-',
      '}',
      '"',
      "'",
      '\\\n',
      '#',
      'a:1',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(word).map((words) => words.join('')),
          fc.string(),
        ),
        (text) => {
          const bytes = new TextEncoder().encode(text)
          dockerfileReader.read({ path: 'Dockerfile', sizeBytes: bytes.length, mode: 0o644, bytes })
        },
      ),
    )
  })

  it('of a file made to cost time are read in time', () => {
    const started = performance.now()
    bases('RUN <<A <<-B\n'.repeat(70_000))
    bases(`ARG A=\${${'A:-${'.repeat(200_000)}\nFROM $A\n`)
    bases(`ARG A=aaaaaaaa\n${'ARG A=$A$A$A$A\n'.repeat(1000)}FROM $A\n`)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('variables of a Dockerfile', () => {
  const values = new Map([
    ['A', 'one'],
    ['EMPTY', ''],
  ])
  it.each([
    ['$A/$A', 'one/one'],
    ['${A}x', 'onex'],
    ['$B', undefined],
    ['${B:-${A}}', 'one'],
    ['${EMPTY:-x}${EMPTY-x}', 'x'],
    ['${A:+y}${B:+y}${EMPTY:+y}${EMPTY+z}', 'yz'],
    ["'$A'", '$A'],
    ['"$A"', 'one'],
    ['\\$A', '$A'],
    ['${A#o}', undefined],
    ['${A', undefined],
    ['$', undefined],
  ])('%s', (word, expected) => {
    expect(substituted(word, values)).toBe(expected)
  })
})
