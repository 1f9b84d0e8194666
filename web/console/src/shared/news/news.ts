export const TOPICS = ['event', 'alert', 'delivery', 'camera', 'job'] as const
export type Topic = (typeof TOPICS)[number]

/** That something is new or has changed; the rest is read where it lies. */
export interface News {
  topic: Topic
  id: string
  change: 'created' | 'changed' | 'ended'
  state: string | null
  camera_id: string | null
  at: string
}

/** What tabs tell each other, and the feed tells its listeners. */
export type Told =
  | { kind: 'news'; news: News; cursor: string | undefined }
  | { kind: 'gap'; cursor: string | undefined }
  | { kind: 'beat'; cursor: string | undefined }
  | { kind: 'connection'; connection: Connection }
  | { kind: 'hello' }
  | { kind: 'signed-out' }

/** `refused`: nobody is signed in any more. */
export type Connection = 'opening' | 'open' | 'lost' | 'refused'

export function isTopic(name: string): name is Topic {
  return (TOPICS as readonly string[]).includes(name)
}
