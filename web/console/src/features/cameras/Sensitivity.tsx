import { Group, Slider, Stack, Text } from '@mantine/core'
import { type RefObject, useEffect, useState } from 'react'
import type { PictureHeader } from '@/shared/live/messages'
import { formatShare } from '@/shared/time/format'
import { useTellError } from '@/shared/ui/notify'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Camera, useChange } from './queries'
import { Section } from './Section'
import { words } from './words'

const STEP = 0.05
/** How many looks the meter shows: about ten seconds. */
const LOOKS = 80

interface SensitivityProps {
  camera: Camera
  /** Where the page says what comes beside the pictures. */
  hear: RefObject<((header: PictureHeader) => void) | undefined>
  mayChange: boolean
}

/** How little motion counts, beside the motion that counts now. */
export function Sensitivity({ camera, hear, mayChange }: SensitivityProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const change = useChange(camera.id)
  const onError = useTellError()
  const [moved, setMoved] = useState<number>()
  const shown = moved ?? camera.sensitivity
  return (
    <Section title={said.sensitivity}>
      <Stack gap="xs">
        <Motion hear={hear} />
        {mayChange ? (
          <Slider
            min={0}
            max={1}
            step={STEP}
            value={shown}
            thumbLabel={said.sensitivity}
            label={(value) => formatShare(value, language)}
            onChange={setMoved}
            onChangeEnd={(sensitivity) =>
              change.mutate({ sensitivity }, { onError, onSettled: () => setMoved(undefined) })
            }
          />
        ) : (
          <Text size="sm">{formatShare(shown, language)}</Text>
        )}
        <Group justify="space-between">
          <Text size="xs">{said.coarse}</Text>
          <Text size="xs">{said.fine}</Text>
        </Group>
      </Stack>
    </Section>
  )
}

/** The motion of the last seconds, as bars; the root of it, since a person far away moves one pixel in a hundred. */
function Motion({ hear }: { hear: SensitivityProps['hear'] }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const [looks, setLooks] = useState<number[]>([])
  useEffect(() => {
    hear.current = ({ motion }) => setLooks((before) => [...before, motion].slice(-LOOKS))
    return () => {
      hear.current = undefined
    }
  }, [hear])
  const now = looks.at(-1)
  const path = looks
    .map((share, at) => (share > 0 ? `M${LOOKS - looks.length + at},1V${(1 - Math.sqrt(share)).toFixed(3)}h1V1Z` : ''))
    .join('')
  return (
    <div data-motion={now}>
      <svg className={classes.motion} viewBox={`0 0 ${LOOKS} 1`} preserveAspectRatio="none" aria-hidden>
        <path d={path} />
      </svg>
      <Text size="sm">{now === undefined ? said.motionUnknown : sayMotion(now, said, language)}</Text>
    </div>
  )
}

function sayMotion(share: number, said: (typeof words)['en'], language: string): string {
  if (share === 0) return said.motionNone
  const exact = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share)
  return said.motionNow(exact)
}
