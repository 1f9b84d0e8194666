import { type RefObject, useEffect, useState } from 'react'
import { useWords } from '@/shared/words/language'
import { words } from './words'

/** What is younger than this is called "now". */
const FRESH_S = 3
const MINUTE_S = 60

/** How old the last picture is, to the second; nothing before the first. */
export function PictureAge({ lastAt }: { lastAt: RefObject<number | undefined> }) {
  const said = useWords(words)
  const [age_s, setAge] = useState<number>()
  useEffect(() => {
    const look = () =>
      setAge(lastAt.current === undefined ? undefined : Math.max(0, Math.round((Date.now() - lastAt.current) / 1000)))
    look()
    const timer = setInterval(look, 1000)
    return () => clearInterval(timer)
  }, [lastAt])
  if (age_s === undefined) return null
  return <span data-age={age_s < FRESH_S ? 'now' : 'old'}>{said.age(sayAge(age_s, said))}</span>
}

export function sayAge(age_s: number, said: (typeof words)['en']): string {
  if (age_s < FRESH_S) return said.now
  return age_s < MINUTE_S ? said.seconds(age_s) : said.minutes(Math.floor(age_s / MINUTE_S))
}
