import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { useCameraName } from '@/shared/api/names'
import { formatFootage } from '@/shared/time/format'
import { When } from '@/shared/time/When'
import { useLanguage } from '@/shared/words/language'
import { AnalysisState } from './AnalysisState'
import classes from './clips.module.css'
import { formatSize } from './format'
import { clipOptions, isUnderWay } from './queries'
import type { Clip } from './uploads'

/** A clip in the list, followed while it is looked at. */
export const ClipRow = memo(function ClipRow({ listed }: { listed: Clip }) {
  const { language } = useLanguage()
  const isFollowed = isUnderWay(listed)
  const { data: followed } = useQuery({ ...clipOptions(listed.id), enabled: isFollowed })
  // Once the list knows how it ended, what was followed is older.
  const clip = (isFollowed && followed) || listed
  const camera = useCameraName(clip.camera_id)
  const facts = [
    clip.info && formatFootage(clip.info.duration_s),
    formatSize(clip.size_bytes, language),
    camera,
  ].filter(Boolean)
  return (
    <article className={classes.row} data-clip={clip.id} data-state={clip.state}>
      <div className={classes.text}>
        <Link to="/clips/$clipId" params={{ clipId: clip.id }} className={classes.title}>
          {clip.filename || clip.id}
        </Link>
        <Text size="xs" c="dimmed">
          <When at={clip.submitted_at} />
          {facts.map((each) => ` · ${each}`).join('')}
        </Text>
      </div>
      <AnalysisState clip={clip} />
    </article>
  )
})
