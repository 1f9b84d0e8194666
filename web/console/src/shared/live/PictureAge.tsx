import { type RefObject, useEffect, useState } from 'react'
import { useWords } from '@/shared/words/language'
import { words } from './words'

/** What is younger than this is called "now". */
const FRESH_S = 3
const MINUTE_S = 60
const HOUR_S = 3600

interface PictureAgeProps {
  lastAt: RefObject<number | undefined>
  /** When the service says that the camera's last picture came: for a page that was opened after it. */
  reportedAt: string | null
}

/** How old the last picture is, to the second; nothing where there never was one. */
export function PictureAge({ lastAt, reportedAt }: PictureAgeProps) {
  const said = useWords(words)
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const at = lastAt.current ?? (reportedAt === null ? undefined : Date.parse(reportedAt))
  if (at === undefined) return null
  const age_s = Math.max(0, Math.round((now - at) / 1000))
  return <span data-age={age_s < FRESH_S ? 'now' : 'old'}>{said.age(sayAge(age_s, said))}</span>
}

export function sayAge(age_s: number, said: (typeof words)['en']): string {
  if (age_s < FRESH_S) return said.now
  if (age_s < MINUTE_S) return said.seconds(age_s)
  return age_s < HOUR_S ? said.minutes(Math.floor(age_s / MINUTE_S)) : said.hours(Math.floor(age_s / HOUR_S))
}
