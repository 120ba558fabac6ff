import type { Feed } from '../types.ts'

/** The updates of Amazon Linux's repositories. */
export const amazonUpdateinfo: Feed = {
  id: 'amazon-updateinfo',
  title: "Amazon Linux's repositories",
  publisher: 'Amazon',
  licence: 'not stated by the publisher',
  documentation: 'https://docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html',
  ecosystems: ['Amazon Linux'],
  addresses: { main: 'https://cdn.amazonlinux.com' },
  load: async () => (await import('./read.ts')).amazonReader,
}
