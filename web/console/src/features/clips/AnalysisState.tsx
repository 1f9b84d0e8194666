import { Badge, Progress, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconClock, IconEye } from '@tabler/icons-react'
import { formatShare } from '@/shared/time/format'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './clips.module.css'
import { formatWait } from './format'
import { isUnderWay } from './queries'
import type { Clip } from './uploads'
import { words } from './words'

const LOOKS = {
  stored: { color: 'gray', Icon: IconClock },
  analyzing: { color: 'blue', Icon: IconEye },
  analyzed: { color: 'green', Icon: IconCheck },
  failed: { color: 'red', Icon: IconAlertTriangle },
} as const

/** How far a clip's analysis is, how long it will take, or why it failed. */
export function AnalysisState({ clip }: { clip: Clip }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const { color, Icon } = LOOKS[clip.state]
  const isSeen = clip.state === 'analyzed' || clip.state === 'failed'
  return (
    <div className={classes.state}>
      <Badge variant="outline" color={color} leftSection={<Icon size={12} aria-hidden />}>
        {clip.state === 'analyzing'
          ? `${said.state.analyzing} ${formatShare(clip.progress, language)}`
          : said.state[clip.state]}
      </Badge>
      {!isSeen && <Progress size="sm" value={clip.progress * 100} aria-label={said.progressOf(clip.filename)} />}
      {isUnderWay(clip) && <Text size="xs">{describeTurn(clip, language, said)}</Text>}
      {clip.error && (
        <Text size="xs" className={classes.why}>
          {clip.error}
        </Text>
      )}
      {clip.warning && (
        <Text size="xs" className={classes.why}>
          {clip.warning}
        </Text>
      )}
    </div>
  )
}

function describeTurn(clip: Clip, language: string, said: (typeof words)['en']): string {
  if (clip.state === 'analyzed') return said.listening
  const parts = []
  if (clip.position) parts.push(said.before(clip.position))
  if (typeof clip.estimate_s === 'number') parts.push(said.about(formatWait(clip.estimate_s, language)))
  return parts.join(' · ')
}
