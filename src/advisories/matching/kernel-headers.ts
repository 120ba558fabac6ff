import type { Component } from '../../model/component.ts'

/** Source packages that a distribution builds its kernel from, and the ones that hold nothing but its headers. */
const KERNEL_SOURCE = /^(?:linux|kernel)(?:$|[-_.\d])/

/**
 * Words in the names of packages that carry the kernel's headers and build files and no kernel: Debian and Ubuntu
 * `linux-libc-dev`, `linux-headers-*`, `linux-hwe-*-headers-*`, `linux-kbuild-*`; Alpine `linux-headers`, `linux-lts-dev`; RPM
 * `kernel-headers`, `kernel-devel`, `kernel-uek-devel`, `kernel-default-devel`, `kernel-macros`; SUSE `linux-glibc-devel`; Arch
 * and Photon `linux-api-headers`.
 */
const HEADERS: ReadonlySet<string> = new Set(['headers', 'devel', 'dev', 'kbuild', 'macros', 'compiler'])

/** Words in the names of packages from the kernel's own tree that are programs, libraries or firmware: they run in the container. */
const PROGRAMS: ReadonlySet<string> = new Set([
  'tools',
  'perf',
  'bpf',
  'bpftool',
  'cpupower',
  'usbip',
  'rtla',
  'libs',
  'firmware',
])

/**
 * Whether a package holds only kernel headers, judged by its name and the source package that it is built from. In an image
 * the host's kernel runs, so the kernel's advisories do not concern it.
 */
export function isKernelHeaders(component: Pick<Component, 'kind' | 'name' | 'source'>): boolean {
  if (component.kind !== 'os') return false
  const source = (component.source?.name ?? component.name).replace(/^sys-kernel\//, '')
  if (!KERNEL_SOURCE.test(source)) return false
  const [first, ...words] = component.name.replace(/^sys-kernel\//, '').split('-')
  if (!/^(?:linux|kernel)[\d.]*$/.test(first)) return false
  return words.some((word) => HEADERS.has(word)) && !words.some((word) => PROGRAMS.has(word))
}
