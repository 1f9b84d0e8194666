import { ActionIcon, Button, Group, Loader, Text } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { camerasOptions } from '@/shared/api/names'
import { sortCameras } from '@/shared/api/order'
import { CameraStateBadge } from '@/shared/live/CameraStateBadge'
import { describeState } from '@/shared/live/describeState'
import { words as liveWords } from '@/shared/live/words'
import { May } from '@/shared/session/May'
import { useMay } from '@/shared/session/session'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { useTellError } from '@/shared/ui/notify'
import { PageHead } from '@/shared/ui/PageHead'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Camera, useOrder } from './queries'
import { words } from './words'

/** All cameras, how they are, and in which order they stand for everybody. */
export function CamerasPage() {
  const said = useWords(words)
  const { data, error, refetch } = useQuery(camerasOptions)
  const order = useOrder()
  const onError = useTellError()
  const mayChange = useMay('admin')
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Loader aria-hidden />
  const cameras = sortCameras(data)
  const move = (at: number, by: number) => {
    const ids = cameras.map((camera) => camera.id)
    ids.splice(at + by, 0, ...ids.splice(at, 1))
    order.mutate(ids, { onError })
  }
  return (
    <>
      <PageHead title={said.title}>
        <May scope="admin">
          <Button
            size="xs"
            leftSection={<IconPlus size={16} aria-hidden />}
            renderRoot={(props) => <Link {...props} to="/cameras/new" />}
          >
            {said.add}
          </Button>
        </May>
      </PageHead>
      {cameras.length === 0 && <Empty title={said.none}>{mayChange && <Text>{said.noneWhy}</Text>}</Empty>}
      <ol className={classes.list} aria-label={said.list}>
        {cameras.map((camera, at) => (
          <li key={camera.id} className={classes.row} data-camera={camera.id}>
            <Row camera={camera} />
            {mayChange && (
              <Group gap={4} wrap="nowrap">
                <ActionIcon
                  size="lg"
                  variant="default"
                  aria-label={said.up(camera.name)}
                  disabled={at === 0}
                  onClick={() => move(at, -1)}
                >
                  <IconArrowUp size={18} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  size="lg"
                  variant="default"
                  aria-label={said.down(camera.name)}
                  disabled={at === cameras.length - 1}
                  onClick={() => move(at, 1)}
                >
                  <IconArrowDown size={18} aria-hidden />
                </ActionIcon>
              </Group>
            )}
          </li>
        ))}
      </ol>
    </>
  )
}

function Row({ camera }: { camera: Camera }) {
  const said = useWords(words)
  const saidLive = useWords(liveWords)
  const { language } = useLanguage()
  const why = describeState(camera.live, undefined, saidLive, language)
  const facts = [
    camera.site,
    camera.zones.length > 0 && said.zones(camera.zones.length),
    camera.masks.length > 0 && said.masks(camera.masks.length),
  ].filter(Boolean)
  return (
    <div className={classes.text}>
      <Group gap="xs">
        <Link to="/cameras/$cameraId" params={{ cameraId: camera.id }} className={classes.title}>
          {camera.name}
        </Link>
        <CameraStateBadge state={camera.live.state} />
      </Group>
      <Text size="sm" c="dimmed">
        {facts.join(' · ')}
      </Text>
      {why && <Text size="sm">{why}</Text>}
    </div>
  )
}
