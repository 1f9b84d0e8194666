import { expect, it } from 'vitest'
import { formatAgo, formatFootage } from './format'

const NOW = new Date('2026-11-22T12:00:00Z')
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)

it.each([
  [0, 'now'],
  [59, '59 sec. ago'],
  [61, '1 min. ago'],
  [7200, '2 hr. ago'],
])('says of %d seconds ago %s', (seconds, said) => {
  expect(formatAgo(before(seconds), NOW, 'en')).toBe(said)
})

it('says the day of what is older', () => {
  expect(formatAgo(before(3 * 86_400), NOW, 'en')).toMatch(/Nov 19, 2026/)
  expect(formatAgo(before(3 * 86_400), NOW, 'fr')).toMatch(/19 nov. 2026/)
})

it.each([
  [5.9, '0:05'],
  [65, '1:05'],
  [3723, '1:02:03'],
])('writes %d s into footage as %s', (seconds, said) => {
  expect(formatFootage(seconds)).toBe(said)
})
