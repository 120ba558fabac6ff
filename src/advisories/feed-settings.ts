import { FEEDS } from './feeds/index.ts'
import { type FeedSettings, parseFeedSettings } from './feeds/settings.ts'

/** The file of feeds' settings for the feeds of this program, see {@link parseFeedSettings}. */
export function readFeedSettings(text: string, input: string): FeedSettings {
  return parseFeedSettings(text, input, FEEDS)
}
