import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { nugetPackage } from './nuget-package.ts'

/** `shared/Microsoft.NETCore.App/8.0.1/.version` of a runtime, `sdk/8.0.100/.version` of an SDK. */
const RUNTIME = /(?:^|\/)shared\/([A-Za-z][\w.]{0,100})\/(\d[^/]{0,100})\/\.version$/
const SDK = /(?:^|\/)sdk\/(\d[^/]{0,100})\/\.version$/

/** A runtime or SDK of .NET that lies in its folder, which names its version; `.version` proves that it is complete. */
export function readInstallation(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('dotnet-installation-unreadable', file.path)
  const runtime = RUNTIME.exec(file.path)
  const sdk = SDK.exec(file.path)?.[1]
  if (runtime !== null)
    stated.add({
      ...nugetPackage(runtime[1], runtime[2], 'installed'),
      supplier: 'Microsoft',
      cpes: [`cpe:2.3:a:microsoft:.net:${cpeText(runtime[2])}:*:*:*:*:*:*:*`],
    })
  else if (sdk !== undefined)
    stated.add({
      purl: packageUrl({ type: 'generic', name: 'dotnet-sdk', version: sdk }),
      name: 'dotnet-sdk',
      version: sdk,
      ecosystem: 'generic',
      presence: 'installed',
      supplier: 'Microsoft',
    })
  return stated.result()
}

/** As a CPE binds it (NISTIR 7695, 6.2.2): what is not alphanumeric, `_`, `-` or `.` is quoted. */
function cpeText(text: string): string {
  return text.toLowerCase().replace(/[^\w.-]/g, '\\$&')
}
