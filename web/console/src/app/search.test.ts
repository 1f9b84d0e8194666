import { expect, it } from 'vitest'
import * as search from './search'

it.each(['https://evil.example/', '//evil.example', '/docs', '/console/\\evil', 7, undefined])(
  'goes to no address but the console’s own after signing in: %s',
  (next) => expect(search.signIn({ next })).toEqual({}),
)

it('keeps where one wanted to go', () => {
  expect(search.signIn({ next: '/console/alerts?state=raised' })).toEqual({ next: '/console/alerts?state=raised' })
})

it('leaves out a state that alerts do not have', () => {
  expect(search.alerts({ state: 'raised', other: 1 })).toEqual({ state: 'raised' })
  expect(search.alerts({ state: 'burnt' })).toEqual({})
})

it('reads what is looked for among events, and nothing that cannot be asked for', () => {
  const given = { camera: 'door', at: '2026-11-28T14:05Z', q: 118, concept: 'fight', score: 0.7 }
  expect(search.events(given)).toEqual({ ...given, q: '118' })
  expect(search.events({ camera: '../x', at: '2026-13-48T99:05Z', q: '', label: 'a\nb', score: 2 })).toEqual({})
})

it('begins a clip where the address says', () => {
  expect(search.clip({ at: 12.5 })).toEqual({ at: 12.5 })
  expect(search.clip({ at: -1 })).toEqual({})
})
