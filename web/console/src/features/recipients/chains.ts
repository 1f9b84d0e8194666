/** Recipients as people: who falls back on whom is one chain, in the order in which its channels are tried. */
import type { View } from '@/shared/api/client'

export type Recipient = View<'RecipientView'>
export type RecipientDraft = View<'RecipientDraft'>

/** Whom a recipient falls back on, and whom those do; none twice, though they may point at each other. */
export function listFallbacks(first: Recipient, all: readonly Recipient[]): Recipient[] {
  const chain = [first]
  let next = find(all, first.fallback_id)
  while (next && !chain.includes(next)) {
    chain.push(next)
    next = find(all, next.fallback_id)
  }
  return chain.slice(1)
}

function find(all: readonly Recipient[], id: string | null): Recipient | undefined {
  return all.find((each) => each.id === id)
}

/** A recipient as it may be sent back: what the service found out about it is not among it. */
export function toDraft(recipient: Recipient): RecipientDraft {
  const { name, channel, address, enabled, quiet_hours, time_zone, report_at, fallback_id, language } = recipient
  return { name, channel, address, enabled, quiet_hours, time_zone, report_at, fallback_id, language }
}

export const FRESH: RecipientDraft = {
  name: '',
  channel: 'messenger',
  address: '',
  enabled: true,
  quiet_hours: null,
  time_zone: null,
  report_at: null,
  fallback_id: null,
  language: null,
}
