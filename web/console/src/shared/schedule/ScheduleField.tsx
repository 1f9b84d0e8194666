import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useLanguage, useWords } from '@/shared/words/language'
import { saySchedule } from './saySchedule'
import { DAYS, findStep, refine, type Schedule, STEPS_MIN, type StepMin, toSchedule, toWeek } from './schedule'
import { WeekGrid } from './WeekGrid'
import { words } from './words'

interface ScheduleFieldProps {
  label: string
  value: Schedule | null | undefined
  onChange: (schedule: Schedule | null) => void
  /** What it means that no hours are painted. */
  unpainted: string
}

const PRESETS: Record<'nights' | 'closed' | 'weekend', Schedule> = {
  nights: { hours: [{ days: [...DAYS], start: '22:00', end: '06:00' }] },
  closed: { hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], start: '20:00', end: '06:00' }] },
  weekend: { hours: [{ days: ['sat', 'sun'], start: '00:00', end: '00:00' }] },
}

/** Hours of the week: said in words, begun with what many want, and painted. What cannot be painted is kept. */
export function ScheduleField({ label, value, onChange, unpainted }: ScheduleFieldProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const exact = findStep(value)
  const holdsHolidays = Boolean(value?.holidays?.length || value?.hours.some(({ days }) => days.includes('holiday')))
  return (
    <Stack gap="xs" component="fieldset" bd={0} p={0} m={0}>
      <Text component="legend" fw={600} size="sm">
        {label}
      </Text>
      <Text size="sm" role="status">
        {value ? saySchedule(value, said, language) : unpainted}
      </Text>
      <Group gap={6} role="group" aria-label={said.begin}>
        <Button size="xs" variant="default" onClick={() => onChange(null)}>
          {unpainted}
        </Button>
        {(['nights', 'closed', 'weekend'] as const).map((preset) => (
          <Button
            key={preset}
            size="xs"
            variant="default"
            onClick={() => onChange(toSchedule(toWeek(PRESETS[preset], 60), value))}
          >
            {said.presets[preset]}
          </Button>
        ))}
      </Group>
      {holdsHolidays && <Text size="sm">{said.keptHolidays}</Text>}
      {exact === undefined ? (
        <Group gap="sm">
          <Text size="sm">{said.cannot}</Text>
          <Button size="xs" variant="default" onClick={() => onChange(null)}>
            {said.anew}
          </Button>
        </Group>
      ) : (
        <Painting label={label} value={value} onChange={onChange} exact={exact} />
      )}
    </Stack>
  )
}

type PaintingProps = Pick<ScheduleFieldProps, 'label' | 'value' | 'onChange'> & { exact: StepMin }

function Painting({ label, value, onChange, exact }: PaintingProps) {
  const said = useWords(words)
  const [wanted, setWanted] = useState<StepMin>(60)
  const step = Math.min(wanted, exact) as StepMin
  return (
    <>
      <WeekGrid label={label} week={toWeek(value, step)} onPaint={(week) => onChange(toSchedule(week, value))} />
      <Text size="xs" c="dimmed">
        {said.how}
      </Text>
      <NativeSelect
        label={said.step}
        size="xs"
        w="10rem"
        value={step}
        data={STEPS_MIN.map((each) => ({ value: String(each), label: said.steps[each] }))}
        onChange={(event) => {
          const chosen = STEPS_MIN.find((each) => String(each) === event.currentTarget.value) ?? exact
          setWanted(chosen)
          // Longer cells are what somebody asked for: the hours are rounded to them.
          if (chosen > exact) onChange(toSchedule(refine(toWeek(value, exact), chosen), value))
        }}
      />
    </>
  )
}
