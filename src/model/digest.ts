/** A content digest as OCI writes it (image-spec, descriptor.md, "Digests"): algorithm, colon, lower-case hexadecimal. */
export type Digest = `sha256:${string}` | `sha512:${string}`
