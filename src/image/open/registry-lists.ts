import type { ImageName, OpenContext } from '../types.ts'

/** The tags of an image's repository, all pages of them. @throws Failure naming the repository. */
export async function listTags(name: ImageName, context: OpenContext): Promise<readonly string[]> {
  return await (await import('../registry/door.ts')).listTags(name, context)
}

/** The repositories of a registry (`host[:port]`), all pages; many registries do not say. @throws Failure naming it. */
export async function listRepositories(domain: string, context: OpenContext): Promise<readonly string[]> {
  return await (await import('../registry/door.ts')).listRepositories(domain, context)
}
