declare const BULWARK_VERSION: string | undefined

/** The program's version: put in by the bundler, `0.0.0-source` when run from source. */
export const VERSION: string = typeof BULWARK_VERSION === 'string' ? BULWARK_VERSION : '0.0.0-source'
