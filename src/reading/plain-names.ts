/** Extensions of source code, text, markup, pictures, fonts and recordings: what nobody starts without making it executable first. */
const PLAIN = new Set(
  `c cc cjs class conf cpp cs css csv cts cxx dart eot erl ex exs flow gif go gradle graphql h hpp hs htm html icns ico in ini ipynb java
   jpeg jpg js json json5 jsonc jsx kt less lock log lua m4 map markdown md mjs ml mo mp3 mp4 mts ogg otf pdf php pl pm png po proto py pyc
   pyi r rb rs rst sass scala scss snap sql svelte svg swift tex toml ts tsv tsx ttf txt vue wav webm webp woff woff2 xhtml xml yaml yml`.split(
    /\s+/,
  ),
)
const LONGEST = Math.max(...[...PLAIN].map(({ length }) => length))

/**
 * Whether a file of a folder need not be opened to see whether it is a program: it is not marked as executable, and its name is that of
 * a text, a picture or the like. In an image every file's beginning passes by anyway; in a folder each would have to be opened for it.
 */
export function hasPlainName(path: string, mode: number): boolean {
  if ((mode & 0o111) !== 0) return false
  const dot = path.lastIndexOf('.')
  return dot >= 0 && path.length - dot - 1 <= LONGEST && PLAIN.has(path.slice(dot + 1))
}
