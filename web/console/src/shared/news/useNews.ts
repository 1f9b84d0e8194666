import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { feed } from './feed'
import type { Connection, News, Topic } from './news'

/** How news of a topic is called in the keys of queries. */
const KEY_OF: Record<Topic, string> = {
  event: 'events',
  alert: 'alerts',
  delivery: 'deliveries',
  camera: 'cameras',
  job: 'jobs',
}

/** Topics whose lists are patched by their features, item by item, rather than fetched anew. */
const PATCHED: ReadonlySet<Topic> = new Set<Topic>(['alert', 'event'])
/** Of no news at all. */
const KEPT: ReadonlySet<unknown> = new Set(['session', 'setup'])
const TOGETHER_MS = 250

export function useConnection(): Connection {
  return useSyncExternalStore(feed.watch, () => feed.connection)
}

/** Call `take` with news of a topic, what comes within a quarter of a second together; each thing once. */
export function useNews(topic: Topic, take: (news: News[]) => void): void {
  const latest = useRef(take)
  latest.current = take
  useEffect(() => {
    const waiting = new Map<string, News>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      const together = [...waiting.values()]
      waiting.clear()
      latest.current(together)
    }
    const stop = feed.listen((told) => {
      if (told.kind !== 'news' || told.news.topic !== topic) return
      const before = waiting.get(told.news.id)
      waiting.set(told.news.id, before?.change === 'created' ? { ...told.news, change: 'created' } : told.news)
      timer ??= setTimeout(flush, TOGETHER_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [topic])
}

/** Once, around all pages: what news is about counts as stale, everything does when some of it was missed. */
export function useNewsInCaches(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stale = new Staleness(client)
    const stop = feed.listen((told) => {
      if (told.kind === 'gap') void client.invalidateQueries({ predicate: ({ queryKey }) => !KEPT.has(queryKey[0]) })
      if (told.kind === 'news' && !PATCHED.has(told.news.topic)) stale.mark(KEY_OF[told.news.topic])
    })
    return () => {
      stop()
      stale.stop()
    }
  }, [client])
}

/** Collects what is stale for a moment: sixteen cameras that come back are one fetch of the list. */
class Staleness {
  readonly #client: QueryClient
  readonly #keys = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: QueryClient) {
    this.#client = client
  }

  mark(key: string): void {
    this.#keys.add(key)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      for (const each of this.#keys) void this.#client.invalidateQueries({ queryKey: [each] })
      this.#keys.clear()
    }, TOGETHER_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
