import { ActionIcon, Group } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconMaximize, IconMinimize, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { useWords } from '@/shared/words/language'
import classes from './live.module.css'
import type { Camera } from './queries'
import { View } from './View'
import { words } from './words'

export type Change = 'earlier' | 'later' | 'size' | 'off'

interface TileProps {
  camera: Camera
  isLarge: boolean
  showsOverlays: boolean
  onChange: ((id: string, change: Change) => void) | undefined
}

const FPS = 5

/** A camera on the wall. While the wall is being arranged it can be moved, made larger, and taken off. */
export const Tile = memo(function Tile({ camera, isLarge, showsOverlays, onChange }: TileProps) {
  const said = useWords(words)
  return (
    <li className={classes.tile} data-camera={camera.id} data-large={isLarge}>
      <Link
        to="/live"
        search={{ camera: camera.id }}
        className={classes.open}
        aria-label={said.open(camera.name)}
        title={camera.name}
      >
        {camera.name}
      </Link>
      <View camera={camera} fps={FPS} showsOverlays={showsOverlays} />
      {onChange && <Tools camera={camera} isLarge={isLarge} onChange={(change) => onChange(camera.id, change)} />}
    </li>
  )
})

interface ToolsProps {
  camera: Camera
  isLarge: boolean
  onChange: (change: Change) => void
}

function Tools({ camera, isLarge, onChange }: ToolsProps) {
  const said = useWords(words)
  const tools = [
    { change: 'earlier', label: said.earlier(camera.name), Icon: IconArrowLeft },
    { change: 'later', label: said.later(camera.name), Icon: IconArrowRight },
    {
      change: 'size',
      label: isLarge ? said.smaller(camera.name) : said.larger(camera.name),
      Icon: isLarge ? IconMinimize : IconMaximize,
    },
    { change: 'off', label: said.off(camera.name), Icon: IconX },
  ] as const
  return (
    <Group gap={4} className={classes.tools}>
      {tools.map(({ change, label, Icon }) => (
        <ActionIcon
          key={change}
          size="lg"
          variant="default"
          aria-label={label}
          title={label}
          onClick={() => onChange(change)}
        >
          <Icon size={18} aria-hidden />
        </ActionIcon>
      ))}
    </Group>
  )
}
