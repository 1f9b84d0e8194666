import { describe, expect, it } from 'vitest'
import {
  countColumns,
  hide,
  listTiles,
  MOST_TILES,
  move,
  readArrangement,
  show,
  toggleLarge,
  UNARRANGED,
} from './arrangement'

const ALL = ['a', 'b', 'c', 'd']
const MANY = Array.from({ length: 20 }, (_, number) => `camera-${number}`)

describe('a wall', () => {
  it('shows what there is, in the order of the service, until somebody arranges it', () => {
    expect(listTiles(UNARRANGED, ALL)).toEqual(ALL)
    expect(listTiles(UNARRANGED, MANY)).toEqual(MANY.slice(0, MOST_TILES))
  })

  it('keeps an order, and puts cameras that are new behind it', () => {
    const moved = move(UNARRANGED, 'c', -2, ALL)
    expect(listTiles(moved, [...ALL, 'e'])).toEqual(['c', 'a', 'b', 'd', 'e'])
    expect(move(moved, 'c', -1, listTiles(moved, ALL))).toBe(moved)
    expect(listTiles(move(moved, 'c', 99, listTiles(moved, ALL)), ALL)).toEqual(['a', 'b', 'd', 'c'])
  })

  it('forgets cameras that are gone, and shows them again when they are back', () => {
    const moved = move(UNARRANGED, 'd', -3, ALL)
    expect(listTiles(moved, ['a', 'b'])).toEqual(['a', 'b'])
    expect(listTiles(moved, ALL)[0]).toBe('d')
  })

  it('hides a camera and shows it again, also where there are more than it holds', () => {
    const hidden = hide(UNARRANGED, 'b')
    expect(listTiles(hidden, ALL)).toEqual(['a', 'c', 'd'])
    expect(listTiles(show(hidden, 'b', ['a', 'c', 'd']), ALL)).toEqual(['a', 'c', 'd', 'b'])
    const full = listTiles(UNARRANGED, MANY)
    const shown = listTiles(show(UNARRANGED, 'camera-19', full), MANY)
    expect(shown).toHaveLength(MOST_TILES)
    expect(shown.at(-1)).toBe('camera-19')
  })

  it('makes one large, and small again', () => {
    const large = toggleLarge(UNARRANGED, 'a')
    expect(large.large).toEqual(['a'])
    expect(toggleLarge(large, 'a').large).toEqual([])
  })

  it.each([
    ['auto', 1, false, 1],
    ['auto', 3, false, 2],
    ['auto', 16, false, 4],
    ['auto', 4, true, 1],
    ['auto', 9, true, 2],
    ['3', 1, true, 3],
  ] as const)('%s columns with %i cameras, narrow: %s, are %i', (columns, tiles, isNarrow, expected) => {
    expect(countColumns(columns, tiles, isNarrow)).toBe(expected)
  })

  it.each([null, '', '{', '3', '[]', '{"columns": 9, "order": "a", "hidden": [1], "large": null}'])(
    'that was kept as %s is none',
    (kept) => expect(readArrangement(kept)).toEqual(UNARRANGED),
  )

  it('is read as it was kept', () => {
    const arrangement = hide(move(UNARRANGED, 'c', -1, ALL), 'a')
    expect(readArrangement(JSON.stringify(arrangement))).toEqual(arrangement)
  })
})
