import type { Component } from '../../model/component.ts'
import { statedStatus } from '../feeds/stated-status.ts'
import type { AffectedEntry } from '../types.ts'

/** A build for a module says so in its release: `.module_el8.6.0+2904+…`, `.module+el8.4.0+570+…`. */
const MODULAR = /\.module[_+]/

/**
 * Whether an RPM entry and an installed package are of one kind: a module's builds and those outside modules are different
 * packages with the same name, and their versions do not compare (https://docs.fedoraproject.org/en-US/modularity/). An entry
 * that names no fix speaks about both, and one that names its module about that.
 */
export function sameModularity(entry: AffectedEntry, component: Pick<Component, 'module' | 'version'>): boolean {
  const stated = statedStatus(entry.specific?.ecosystem_specific)?.module
  if (stated !== undefined) return component.module !== undefined && sameModule(stated, component.module)
  const installed = component.module !== undefined || MODULAR.test(component.version)
  let named = false
  for (const range of entry.ranges) {
    for (const { fixed } of range.events) {
      if (fixed === undefined) continue
      if (MODULAR.test(fixed) === installed) return true
      named = true
    }
  }
  return !named
}

/** `python38:3.8` is the module of a package that says `python38:3.8:8060020220530:…`. */
function sameModule(stated: string, installed: string): boolean {
  const [name, stream] = installed.split(':')
  return stated === `${name}:${stream}`
}

/**
 * Whether an advisory's module streams include the installed one. AlmaLinux, Rocky Linux and Red Hat name them in the summary
 * (`Important: nodejs:18 security update`, `virt:rhel and virt-devel:rhel`). Where either side names none, it counts.
 */
export function sameStream(summary: string | undefined, module: string | undefined): boolean {
  if (module === undefined || summary === undefined) return true
  const [name, stream] = module.split(':')
  if (stream === undefined) return true
  const streams = streamsIn(summary)
  return streams.length === 0 || streams.includes(`${name}:${stream}`)
}

/**
 * Every `name:stream` of a summary; a publisher's `Important:` has a space behind its colon and is none. A package of the module may
 * stand behind it: `httpd:2.4/mod_http2`.
 */
export function streamsIn(summary: string): readonly string[] {
  const streams: string[] = []
  for (const text of summary.slice(0, 1000).split(/[\s,;()]+/)) {
    const [word] = text.split('/', 1)
    if (/^[a-z0-9][\w.+-]*:[\w.+-]+$/i.test(word) && !/^(?:RHSA|ALSA|RLSA|CVE)-/.test(word)) streams.push(word)
  }
  return streams
}
