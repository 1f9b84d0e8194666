import { Switch, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { SeenEvent } from '@/shared/api/events'
import { Player } from '@/shared/media/Player'
import { useLanguage, useWords } from '@/shared/words/language'
import { Boxes } from './Boxes'
import { listFound } from './boxes'
import { listCues, writeVtt } from './captions'
import classes from './clips.module.css'
import { findWindow } from './curves'
import { isUnderWay } from './queries'
import { Timeline } from './Timeline'
import type { Clip } from './uploads'
import { useBlobAddress } from './useBlobAddress'
import { useMoment } from './useMoment'
import { Windows } from './Windows'
import { words } from './words'

interface ClipResultProps {
  clip: Clip
  events: readonly SeenEvent[]
  startS: number | undefined
}

/** The clip, and under it, moving with it, its windows. */
export function ClipResult({ clip, events, startS = 0 }: ClipResultProps) {
  const said = useWords(words)
  const [video, setVideo] = useState<HTMLVideoElement | null>(null)
  const [showsBoxes, setShowsBoxes] = useState(true)
  const moment = useMoment(video, startS)
  const found = useMemo(() => listFound(events), [events])
  const current = findWindow(events, moment)
  const seek = (at: number) => {
    if (video) video.currentTime = at
  }
  return (
    <>
      <Player
        footage={{ of: 'clip', id: clip.id }}
        label={said.footage(clip.filename)}
        startS={startS}
        onElement={setVideo}
        tracks={<Spoken events={events} />}
      >
        {showsBoxes && <Boxes found={found} at={moment} />}
      </Player>
      {found.length > 0 && (
        <Switch
          mt="xs"
          label={said.showBoxes}
          checked={showsBoxes}
          onChange={(event) => setShowsBoxes(event.currentTarget.checked)}
        />
      )}
      <Text className={classes.now} data-now={current?.id}>
        {current?.caption.text}
      </Text>
      {events.length > 0 && (
        <>
          <Timeline clip={clip} events={events} at={moment} current={current} onSeek={seek} />
          <Windows events={events} current={current} onSeek={seek} />
        </>
      )}
      {events.length === 0 && !isUnderWay(clip) && <Text>{said.nothing}</Text>}
    </>
  )
}

/** What was said, as captions of the player. */
function Spoken({ events }: { events: readonly SeenEvent[] }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const written = useMemo(() => {
    const cues = listCues(events)
    return cues.length > 0 ? writeVtt(cues) : undefined
  }, [events])
  const address = useBlobAddress(written, 'text/vtt')
  const spoken = events.find((event) => event.transcript?.language)?.transcript?.language ?? language
  return address && <track key={address} default kind="captions" src={address} label={said.spoken} srcLang={spoken} />
}
