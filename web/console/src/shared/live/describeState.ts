import type { View } from '@/shared/api/client'
import { formatMoment } from '@/shared/time/format'
import type { words } from './words'

/** Why a camera shows nothing: since when, and what is the matter. Undefined while it is live. */
export function describeState(
  live: View<'LiveView'>,
  detail: string | undefined,
  said: (typeof words)['en'],
  language: string,
): string | undefined {
  const { state, since, last_error: reason } = live
  if (state === 'lost') {
    const beginning = since ? said.lostSince(formatMoment(new Date(since), language)) : said.state.lost
    return [`${beginning}.`, reason ?? detail].filter(Boolean).join(' ')
  }
  if (state === 'connecting') return [said.connecting, reason].filter(Boolean).join(' ')
  if (state === 'live') return detail
  return said[state]
}
