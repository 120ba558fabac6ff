import type { Feed } from '../types.ts'

/** The pages of Amazon Linux's security centre. */
export const amazonAlas: Feed = {
  id: 'amazon-alas',
  title: "Amazon Linux's security bulletins",
  publisher: 'Amazon',
  licence: 'not stated by the publisher',
  documentation: 'https://alas.aws.amazon.com/faqs.html',
  ecosystems: ['Amazon Linux'],
  addresses: { main: 'https://alas.aws.amazon.com' },
  optIn: 'its thousands of pages say what the repositories say (amazon-updateinfo)',
  load: async () => (await import('./read.ts')).alasReader,
}
