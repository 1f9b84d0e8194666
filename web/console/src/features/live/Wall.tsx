import { Button, Group, Menu, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconLayoutGrid, IconPlus } from '@tabler/icons-react'
import { type ReactNode, useCallback, useRef, useState } from 'react'
import { Choice } from '@/shared/ui/Choice'
import { Empty } from '@/shared/ui/Empty'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import {
  type Arrangement,
  COLUMNS,
  countColumns,
  hide,
  listTiles,
  move,
  show,
  toggleLarge,
  UNARRANGED,
} from './arrangement'
import classes from './live.module.css'
import type { Camera } from './queries'
import { type Change, Tile } from './Tile'
import { useArrangement } from './useArrangement'
import { words } from './words'

interface WallProps {
  cameras: readonly Camera[]
  showsOverlays: boolean
  children: ReactNode
}

/** Up to sixteen cameras, as somebody arranged them in this browser. */
export function Wall({ cameras, showsOverlays, children }: WallProps) {
  const said = useWords(words)
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false
  const [isArranging, setArranging] = useState(false)
  const [arrangement, arrange] = useArrangement()
  const tiles = listTiles(
    arrangement,
    cameras.map((camera) => camera.id),
  )
  const change = useStable((id: string, what: Change) => arrange(applyChange(arrangement, id, what, tiles)))
  const columns = countColumns(arrangement.columns, tiles.length, isNarrow)
  const byId = new Map(cameras.map((camera) => [camera.id, camera]))
  return (
    <>
      <PageHead title={said.title}>
        <Group gap="sm">
          {children}
          <Button
            size="xs"
            variant="default"
            aria-pressed={isArranging}
            leftSection={<IconLayoutGrid size={16} aria-hidden />}
            onClick={() => setArranging(!isArranging)}
          >
            {isArranging ? said.arranged : said.arrange}
          </Button>
        </Group>
      </PageHead>
      {isArranging && (
        <ArrangeBar
          arrangement={arrangement}
          left={cameras.filter((camera) => !tiles.includes(camera.id))}
          onShow={(id) => arrange(show(arrangement, id, tiles))}
          onArrange={arrange}
        />
      )}
      {tiles.length === 0 && <Empty title={said.none} />}
      <ul
        className={classes.wall}
        aria-label={said.wall}
        data-columns={columns}
        style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
      >
        {tiles
          .map((id) => byId.get(id))
          .filter((camera) => camera !== undefined)
          .map((camera) => (
            <Tile
              key={camera.id}
              camera={camera}
              isLarge={columns > 1 && arrangement.large.includes(camera.id)}
              showsOverlays={showsOverlays}
              onChange={isArranging ? change : undefined}
            />
          ))}
      </ul>
    </>
  )
}

/** The same function at each drawing, that does what the newest does. */
function useStable<Values extends unknown[]>(act: (...values: Values) => void): (...values: Values) => void {
  const latest = useRef(act)
  latest.current = act
  return useCallback((...values: Values) => latest.current(...values), [])
}

function applyChange(arrangement: Arrangement, id: string, change: Change, tiles: readonly string[]): Arrangement {
  if (change === 'size') return toggleLarge(arrangement, id)
  if (change === 'off') return hide(arrangement, id)
  return move(arrangement, id, change === 'earlier' ? -1 : 1, tiles)
}

interface ArrangeBarProps {
  arrangement: Arrangement
  left: readonly Camera[]
  onShow: (id: string) => void
  onArrange: (next: Arrangement) => void
}

function ArrangeBar({ arrangement, left, onShow, onArrange }: ArrangeBarProps) {
  const said = useWords(words)
  return (
    <Group gap="sm" mb="sm">
      <Choice
        label={said.columns}
        value={arrangement.columns}
        choices={COLUMNS.map((each) => ({ value: each, label: each === 'auto' ? said.auto : each }))}
        onChoose={(columns) => onArrange({ ...arrangement, columns })}
      />
      {left.length > 0 && (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="xs" variant="default" leftSection={<IconPlus size={16} aria-hidden />}>
              {said.onWall}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah="50dvh" className={classes.menu}>
            {left.map((camera) => (
              <Menu.Item key={camera.id} onClick={() => onShow(camera.id)}>
                {camera.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Button size="xs" variant="subtle" onClick={() => onArrange(UNARRANGED)}>
        {said.reset}
      </Button>
      {left.length > 0 && <Text size="sm">{said.left(left.length)}</Text>}
    </Group>
  )
}
