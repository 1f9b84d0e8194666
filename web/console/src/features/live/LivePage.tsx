import { Button, Loader, Switch, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { camerasOptions } from '@/shared/api/names'
import { sortCameras } from '@/shared/api/order'
import { May } from '@/shared/session/May'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import { Large } from './Large'
import { type Camera, useSentenceNews } from './queries'
import { Wall } from './Wall'
import { words } from './words'

const route = getRouteApi('/shell/live')

/** What the cameras show now: all of them on a wall, or one of them large. */
export function LivePage() {
  const said = useWords(words)
  const { camera: chosen } = route.useSearch()
  const { data: cameras, error, refetch } = useQuery(camerasOptions)
  const [showsOverlays, showOverlays] = useLocalStorage({ key: 'instantreact-overlays', defaultValue: false })
  useSentenceNews()
  if (error && !cameras) return <Failure error={error} onRetry={() => void refetch()} />
  if (!cameras) return <Loader aria-hidden />
  const overlays = (
    <Switch
      label={said.overlays}
      checked={showsOverlays}
      onChange={(event) => showOverlays(event.currentTarget.checked)}
    />
  )
  if (chosen === undefined) {
    return cameras.length === 0 ? (
      <NoCamera />
    ) : (
      <Wall cameras={sortCameras(cameras)} showsOverlays={showsOverlays}>
        {overlays}
      </Wall>
    )
  }
  return (
    <One camera={cameras.find((each) => each.id === chosen)} showsOverlays={showsOverlays}>
      {overlays}
    </One>
  )
}

interface OneProps {
  camera: Camera | undefined
  showsOverlays: boolean
  children: ReactNode
}

function One({ camera, showsOverlays, children }: OneProps) {
  const said = useWords(words)
  if (camera) {
    return (
      <Large key={camera.id} camera={camera} showsOverlays={showsOverlays}>
        {children}
      </Large>
    )
  }
  return (
    <Empty title={said.gone}>
      <Button renderRoot={(props) => <Link {...props} to="/live" />}>{said.toWall}</Button>
    </Empty>
  )
}

function NoCamera() {
  const said = useWords(words)
  return (
    <>
      <PageHead title={said.title} />
      <Empty title={said.noneYet}>
        <Text>{said.noneWhy}</Text>
        <May scope="admin">
          <Button renderRoot={(props) => <Link {...props} to="/cameras/new" />}>{said.add}</Button>
        </May>
      </Empty>
    </>
  )
}
