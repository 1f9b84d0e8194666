/** Which cameras are on the wall of this browser, in which order and how large. */
export const MOST_TILES = 16
export const COLUMNS = ['auto', '1', '2', '3', '4'] as const
export type Columns = (typeof COLUMNS)[number]

/** What somebody chose. Cameras that are not named stand behind the others, where there is room. */
export interface Arrangement {
  columns: Columns
  order: string[]
  hidden: string[]
  large: string[]
}

export const UNARRANGED: Arrangement = { columns: 'auto', order: [], hidden: [], large: [] }

/** The ids that are on the wall, of those that there are (in the service's own order). */
export function listTiles(arrangement: Arrangement, cameraIds: readonly string[]): string[] {
  const there = new Set(cameraIds)
  const hidden = new Set(arrangement.hidden)
  const all = [...new Set([...arrangement.order.filter((id) => there.has(id)), ...cameraIds])]
  return all.filter((id) => !hidden.has(id)).slice(0, MOST_TILES)
}

export function hide(arrangement: Arrangement, id: string): Arrangement {
  return { ...arrangement, hidden: [...arrangement.hidden.filter((each) => each !== id), id] }
}

/** Put a camera at the end of the wall: in the last place, where it is full. */
export function show(arrangement: Arrangement, id: string, tiles: readonly string[]): Arrangement {
  const kept = tiles.filter((each) => each !== id)
  const order = [...kept.slice(0, MOST_TILES - 1), id, ...kept.slice(MOST_TILES - 1)]
  return { ...arrangement, order, hidden: arrangement.hidden.filter((each) => each !== id) }
}

/** Move a camera by so many places. */
export function move(arrangement: Arrangement, id: string, by: number, tiles: readonly string[]): Arrangement {
  const order = [...tiles]
  const from = order.indexOf(id)
  const to = Math.min(Math.max(from + by, 0), order.length - 1)
  if (from < 0 || from === to) return arrangement
  order.splice(to, 0, ...order.splice(from, 1))
  return { ...arrangement, order }
}

export function toggleLarge(arrangement: Arrangement, id: string): Arrangement {
  const isLarge = arrangement.large.includes(id)
  return {
    ...arrangement,
    large: isLarge ? arrangement.large.filter((each) => each !== id) : [...arrangement.large, id],
  }
}

/** How many columns a wall has that arranges itself: as near to a square as it gets. */
export function countColumns(columns: Columns, tiles: number, isNarrow: boolean): number {
  if (columns !== 'auto') return Number(columns)
  if (isNarrow) return tiles > 4 ? 2 : 1
  return Math.min(4, Math.max(1, Math.ceil(Math.sqrt(tiles))))
}

/** What a browser kept; anything else than an arrangement counts as none. */
export function readArrangement(kept: string | null): Arrangement {
  try {
    const found = JSON.parse(kept ?? 'null') as Partial<Arrangement> | null
    return {
      columns: COLUMNS.find((each) => each === found?.columns) ?? 'auto',
      order: readIds(found?.order),
      hidden: readIds(found?.hidden),
      large: readIds(found?.large),
    }
  } catch {
    return UNARRANGED
  }
}

function readIds(found: unknown): string[] {
  return Array.isArray(found) ? found.filter((each) => typeof each === 'string') : []
}
