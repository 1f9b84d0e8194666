import { expect, it } from 'vitest'
import { formatBytes } from './formatBytes'

it('room is said in the unit that fits', () => {
  expect(formatBytes(0, 'en')).toBe('0 byte')
  expect(formatBytes(999, 'en')).toBe('999 byte')
  expect(formatBytes(1_500_000, 'en')).toBe('1.5 MB')
  expect(formatBytes(2e15, 'en')).toBe('2,000 TB')
})
