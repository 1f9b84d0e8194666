import { Button, Group } from '@mantine/core'
import { IconMaximize, IconSettings } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useRef } from 'react'
import { FullHeight } from '@/shared/ui/FullHeight'
import { BackLink } from '@/shared/ui/links'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import classes from './live.module.css'
import type { Camera } from './queries'
import { View } from './View'
import { words } from './words'

const FPS = 8

interface LargeProps {
  camera: Camera
  showsOverlays: boolean
  /** What is set for all cameras. */
  children: ReactNode
}

/** One camera, as large as there is room for. */
export function Large({ camera, showsOverlays, children }: LargeProps) {
  const said = useWords(words)
  const whole = useRef<HTMLDivElement>(null)
  return (
    <FullHeight>
      <PageHead title={camera.name}>
        <Group gap="xs">
          {children}
          <BackLink to="/live">{said.toWall}</BackLink>
          {document.fullscreenEnabled && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconMaximize size={16} aria-hidden />}
              onClick={() => void whole.current?.requestFullscreen?.()}
            >
              {said.fullScreen}
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            renderRoot={(props) => <Link {...props} to="/cameras/$cameraId" params={{ cameraId: camera.id }} />}
            leftSection={<IconSettings size={16} aria-hidden />}
          >
            {said.settings}
          </Button>
        </Group>
      </PageHead>
      <div ref={whole} className={classes.large} data-camera={camera.id}>
        <View camera={camera} fps={FPS} showsOverlays={showsOverlays} />
      </div>
    </FullHeight>
  )
}
