import { useId } from 'react'
import { useLanguage, useWords } from '@/shared/words/language'
import { dayOf, listDays, startOf } from './days'
import classes from './events.module.css'
import { words } from './words'

const DAYS = 30

/** The days that one looks at most, one click each; any other by its date. */
export function DayStrip({ day, onDay }: { day: string; onDay: (day: string) => void }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const name = useId()
  const today = dayOf(new Date())
  const short = new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric' })
  const long = new Intl.DateTimeFormat(language, { dateStyle: 'full' })
  return (
    <fieldset className={classes.strip}>
      <legend className={classes.hidden}>{said.day}</legend>
      <div className={classes.stripDays}>
        {listDays(new Date(), DAYS).map((each) => (
          <label key={each} className={classes.stripDay} title={long.format(startOf(each))}>
            <input type="radio" name={name} checked={each === day} onChange={() => onDay(each)} />
            <span>{each === today ? said.today : short.format(startOf(each))}</span>
          </label>
        ))}
      </div>
      <input
        type="date"
        className={classes.stripDate}
        aria-label={said.otherDay}
        max={today}
        value={day}
        onChange={(event) =>
          event.currentTarget.validity.valid && event.currentTarget.value && onDay(event.currentTarget.value)
        }
      />
    </fieldset>
  )
}
