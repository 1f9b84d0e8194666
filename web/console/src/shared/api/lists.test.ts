import { describe, expect, it } from 'vitest'
import { putInPages } from './lists'

interface Item {
  id: string
  at: number
}

const isLater = (one: Item, other: Item) => one.at > other.at
const pages = () => [
  {
    items: [
      { id: 'd', at: 4 },
      { id: 'c', at: 3 },
    ],
    next: 'x',
  },
  { items: [{ id: 'a', at: 1 }], next: null },
]
const ids = (given: { items: Item[] }[]) => given.map((page) => page.items.map((each) => each.id))

describe('putInPages', () => {
  it('puts what is new where its time is', () => {
    expect(ids(putInPages(pages(), { id: 'e', at: 5 }, true, isLater))).toEqual([['e', 'd', 'c'], ['a']])
    expect(ids(putInPages(pages(), { id: 'b', at: 2 }, true, isLater))).toEqual([
      ['d', 'c'],
      ['b', 'a'],
    ])
  })

  it('puts what is oldest at the end, unless more pages follow that will bring it', () => {
    expect(ids(putInPages(pages(), { id: 'z', at: 0 }, true, isLater))).toEqual([
      ['d', 'c'],
      ['a', 'z'],
    ])
    const cut = pages().slice(0, 1)
    expect(ids(putInPages(cut, { id: 'z', at: 0 }, true, isLater))).toEqual([['d', 'c']])
  })

  it('changes in its place what is there, and takes out what does not belong any more', () => {
    const changed = putInPages(pages(), { id: 'c', at: 9 }, true, isLater)
    expect(changed[0]?.items[1]).toEqual({ id: 'c', at: 9 })
    expect(ids(putInPages(pages(), { id: 'c', at: 3 }, false, isLater))).toEqual([['d'], ['a']])
  })

  it('leaves out what never belonged', () => {
    expect(putInPages(pages(), { id: 'n', at: 9 }, false, isLater)).toEqual(pages())
  })
})
