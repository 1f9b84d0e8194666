/** Lists of the API: pages, newest first, that news changes in place. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { useCallback } from 'react'

export interface Page<Item> {
  items: Item[]
  next?: string | null
}

/** Options for `useInfiniteQuery`; `load` fetches the page after a cursor. */
export function listOptions<Item>(
  key: QueryKey,
  load: (after: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<Item>) => last.next ?? undefined,
    // News keeps it up to date: it is not fetched anew, page by page, whenever somebody looks.
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** What a list does at its end: it fetches the next page of a `useInfiniteQuery`, if there is one. */
export function useOnEnd({ fetchNextPage, hasNextPage, isFetchingNextPage }: Endless): (() => void) | undefined {
  const onEnd = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  return hasNextPage ? onEnd : undefined
}

interface Endless {
  fetchNextPage: () => Promise<unknown>
  hasNextPage: boolean
  isFetchingNextPage: boolean
}

export function flatten<Item>(pages: InfiniteData<Page<Item>> | undefined): Item[] {
  return pages?.pages.flatMap((page) => page.items) ?? []
}

/** All items of a list that is short by nature, such as the cameras. */
export async function loadAll<Item>(load: (after: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = []
  let after: string | undefined
  do {
    const page = await load(after)
    items.push(...page.items)
    after = page.next ?? undefined
  } while (after)
  return items
}

/**
 * Put an item that is new or has changed where it belongs in every list below `prefix`.
 * `fits` says of a list, by its key, whether the item (still) belongs there.
 */
export function putItem<Item extends { id: string }>(
  client: QueryClient,
  prefix: QueryKey,
  item: Item,
  fits: (key: QueryKey, item: Item) => boolean,
  isBefore: (one: Item, other: Item) => boolean,
): void {
  for (const [key, list] of client.getQueriesData<InfiniteData<Page<Item>>>({ queryKey: prefix })) {
    if (list) client.setQueryData(key, { ...list, pages: putInPages(list.pages, item, fits(key, item), isBefore) })
  }
}

export function putInPages<Item extends { id: string }>(
  pages: Page<Item>[],
  item: Item,
  belongs: boolean,
  isBefore: (one: Item, other: Item) => boolean,
): Page<Item>[] {
  const isThere = pages.some((page) => page.items.some((each) => each.id === item.id))
  if (isThere) {
    const change = (items: Item[]) =>
      belongs ? items.map((each) => (each.id === item.id ? item : each)) : items.filter((each) => each.id !== item.id)
    return pages.map((page) => ({ ...page, items: change(page.items) }))
  }
  if (!belongs) return pages
  let isPlaced = false
  return pages.map((page, number) => {
    if (isPlaced) return page
    const at = page.items.findIndex((each) => isBefore(item, each))
    // Beyond what was loaded it comes with the next page.
    const isLastPage = number === pages.length - 1
    if (at < 0 && !(isLastPage && !page.next)) return page
    isPlaced = true
    const items = [...page.items]
    items.splice(at < 0 ? items.length : at, 0, item)
    return { ...page, items }
  })
}
