import type { ScanResult } from '../model/scan-result.ts'
import { REPORTERS, type ReportOptions } from '../report/index.ts'
import type { ScanSettings } from './scan-flags.ts'
import { VERSION } from './version.ts'
import { reportWidth, type World, wantsColour } from './world.ts'

/** How reports of this command line look: fitted to the terminal and coloured only where they go to one. */
export function reportLook(settings: ScanSettings, { stdout, environment, now }: World): ReportOptions {
  const toTerminal = settings.output === undefined
  return {
    width: reportWidth(toTerminal ? stdout : {}, environment),
    colour: toTerminal && wantsColour(stdout, environment),
    allFindings: settings.allFindings,
    listPackages: settings.listAllPkgs,
    showSuppressed: settings.showSuppressed,
    version: VERSION,
    now: now(),
  }
}

/** The report of one scan in the form that `--format` asks for. */
export function reportText(result: ScanResult, settings: ScanSettings, world: World): string {
  const reporter = REPORTERS.find(({ id }) => id === settings.format) ?? REPORTERS[0]
  return reporter.render(result, reportLook(settings, world))
}
