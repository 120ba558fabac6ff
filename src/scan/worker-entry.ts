/** Where the worker threads of a scan begin: in the bundle an entry beside the others, in the sources the file beside this one. */
export function workerEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './layer-worker.ts' : './layer-worker.js', import.meta.url)
}
