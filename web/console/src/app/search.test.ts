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
