import { Anchor, Group, Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { CameraStateBadge } from '@/shared/live/CameraStateBadge'
import { describeState } from '@/shared/live/describeState'
import type { PictureHeader } from '@/shared/live/messages'
import { PictureAge } from '@/shared/live/PictureAge'
import { useLive } from '@/shared/live/useLive'
import { words as liveWords } from '@/shared/live/words'
import { useMay } from '@/shared/session/session'
import { Failure } from '@/shared/ui/Failure'
import { BackLink } from '@/shared/ui/links'
import { PageHead } from '@/shared/ui/PageHead'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import { Calibration } from './Calibration'
import classes from './cameras.module.css'
import { DaySection } from './DaySection'
import { Kept } from './Kept'
import { type Camera, cameraOptions } from './queries'
import { Remove } from './Remove'
import { Sensitivity } from './Sensitivity'
import { Settings } from './Settings'
import { ShapeEditor } from './ShapeEditor'
import { words } from './words'

const route = getRouteApi('/shell/cameras/$cameraId')

/** Everything of one camera is seen and set here, beside its picture. */
export function CameraPage() {
  const said = useWords(words)
  const { cameraId } = route.useParams()
  const { data: camera, error, refetch } = useQuery(cameraOptions(cameraId))
  return (
    <Stack gap="sm">
      <BackLink to="/cameras">{said.toList}</BackLink>
      {error && !camera && <Failure error={error} onRetry={() => void refetch()} />}
      {!camera && !error && <Loader aria-hidden />}
      {camera && <Opened key={camera.id} camera={camera} />}
    </Stack>
  )
}

const FPS = 8

function Opened({ camera }: { camera: Camera }) {
  const said = useWords(words)
  const shared = useWords(common)
  const saidLive = useWords(liveWords)
  const { language } = useLanguage()
  const mayChange = useMay('admin')
  const hear = useRef<((header: PictureHeader) => void) | undefined>(undefined)
  const live = useLive(camera.id, FPS, (header) => hear.current?.(header))
  return (
    <>
      <PageHead title={camera.name}>
        <Group gap="sm" data-state={camera.live.state}>
          <CameraStateBadge state={camera.live.state} />
          <Text size="xs" component="span">
            <PictureAge lastAt={live.lastAt} reportedAt={camera.live.last_frame_at} />
          </Text>
          <Anchor renderRoot={(props) => <Link {...props} to="/live" search={{ camera: camera.id }} />} size="sm">
            {said.watch}
          </Anchor>
        </Group>
      </PageHead>
      {!mayChange && <Text size="sm">{shared.notAllowed}</Text>}
      <div className={classes.columns}>
        <section aria-label={said.picture}>
          <ShapeEditor
            camera={camera}
            live={live}
            missing={describeState(camera.live, live.problem?.detail, saidLive, language)}
            mayChange={mayChange}
          />
        </section>
        <Stack gap="lg">
          <Sensitivity camera={camera} hear={hear} mayChange={mayChange} />
          <Settings camera={camera} mayChange={mayChange} />
        </Stack>
      </div>
      <DaySection camera={camera} />
      <Calibration camera={camera} mayChange={mayChange} />
      <Kept camera={camera} mayAsk={mayChange} />
      {mayChange && <Remove camera={camera} />}
    </>
  )
}
