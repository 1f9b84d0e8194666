import { expect, it } from 'vitest'
import { listFallbacks, type Recipient, toDraft } from './chains'

const recipient = (id: string, fallback: string | null) =>
  ({
    id,
    name: id,
    channel: 'webhook',
    address: 'https://x',
    enabled: true,
    fallback_id: fallback,
    window_open_until: null,
  }) as Recipient

it('a chain goes on to whom each falls back on, and ends where it would begin anew', () => {
  const all = [recipient('a', 'b'), recipient('b', 'c'), recipient('c', 'a'), recipient('d', 'gone')]
  expect(listFallbacks(all[0] as Recipient, all).map(({ id }) => id)).toEqual(['b', 'c'])
  expect(listFallbacks(all[3] as Recipient, all)).toEqual([])
})

it('what is sent back holds what people decide, not what the service found out', () => {
  const sent = toDraft(recipient('a', 'b'))
  expect(sent).toMatchObject({ name: 'a', fallback_id: 'b' })
  expect(Object.keys(sent)).not.toContain('window_open_until')
  expect(Object.keys(sent)).not.toContain('id')
})
