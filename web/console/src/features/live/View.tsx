import { useQuery } from '@tanstack/react-query'
import { CameraStateBadge } from '@/shared/live/CameraStateBadge'
import { describeState } from '@/shared/live/describeState'
import { LivePicture } from '@/shared/live/LivePicture'
import { Outlines } from '@/shared/live/Outlines'
import { PictureAge } from '@/shared/live/PictureAge'
import { useLive } from '@/shared/live/useLive'
import { words as liveWords } from '@/shared/live/words'
import { When } from '@/shared/time/When'
import { useLanguage, useWords } from '@/shared/words/language'
import { Boxes } from './Boxes'
import classes from './live.module.css'
import { type Camera, type Event, newestEventOptions } from './queries'
import { words } from './words'

interface ViewProps {
  camera: Camera
  fps: number
  showsOverlays: boolean
}

/** A camera's picture of now, and in words how it is and what it saw and heard last. */
export function View({ camera, fps, showsOverlays }: ViewProps) {
  const live = useLive(camera.id, fps)
  const said = useWords(liveWords)
  const { language } = useLanguage()
  const { data: event } = useQuery(newestEventOptions(camera.id))
  return (
    <>
      <div className={classes.picture}>
        <LivePicture
          live={live}
          alt={camera.name}
          missing={describeState(camera.live, live.problem?.detail, said, language)}
        >
          {showsOverlays && (
            <>
              <Outlines camera={camera} />
              <Boxes event={event} />
            </>
          )}
        </LivePicture>
      </div>
      <div className={classes.state}>
        <CameraStateBadge state={camera.live.state} />
        <PictureAge lastAt={live.lastAt} reportedAt={camera.live.last_frame_at} />
      </div>
      <Sentence event={event} />
    </>
  )
}

/** Undefined while it is not known; null where nothing was seen. */
function Sentence({ event }: { event: Event | null | undefined }) {
  const said = useWords(words)
  if (event === undefined) return <p className={classes.sentence} />
  if (event === null) return <p className={classes.sentence}>{said.nothingSeen}</p>
  const heard = event.transcript?.text
  return (
    <p className={classes.sentence} data-event={event.id}>
      {event.caption.text} <When at={event.occurred_at} />
      {heard && <em> {said.heard(heard)}</em>}
    </p>
  )
}
