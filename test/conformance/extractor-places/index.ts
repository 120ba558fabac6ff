import { dotnetRubyPhp } from './dotnet.ts'
import { house } from './house.ts'
import { java } from './java.ts'
import { javascript } from './javascript.ts'
import { kernel } from './kernel.ts'
import { languages } from './languages.ts'
import { native } from './native.ts'
import { python } from './python.ts'
import { systems } from './systems.ts'
import type { ExtractorSlice } from './types.ts'

export type { ExtractorPlaces } from './types.ts'

/** All parts, one a line. */
export const SLICES: readonly ExtractorSlice[] = [
  house,
  javascript,
  python,
  java,
  native,
  kernel,
  dotnetRubyPhp,
  languages,
  systems,
]
