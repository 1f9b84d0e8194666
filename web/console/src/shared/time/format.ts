/** Times as people read them, in the zone of whoever looks. */
const MINUTE_S = 60
const HOUR_S = 3600
const DAY_S = 86_400

export function formatMoment(at: Date, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(at)
}

export function formatClock(at: Date, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(at)
}

/** "3 minutes ago" up to a day, then the day and the hour. */
export function formatAgo(at: Date, now: Date, language: string): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000)
  const past_s = Math.abs(seconds)
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  if (past_s < MINUTE_S) return words.format(Math.trunc(seconds), 'second')
  if (past_s < HOUR_S) return words.format(Math.trunc(seconds / MINUTE_S), 'minute')
  if (past_s < DAY_S) return words.format(Math.trunc(seconds / HOUR_S), 'hour')
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

/** `1:05`, `1:02:03`: a place in footage. */
export function formatFootage(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = [Math.floor(whole / MINUTE_S) % 60, whole % 60].map((each) => String(each).padStart(2, '0'))
  const hours = Math.floor(whole / HOUR_S)
  return hours > 0 ? [hours, ...parts].join(':') : parts.join(':').replace(/^0(\d)/, '$1')
}

export function formatShare(share: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(share)
}
