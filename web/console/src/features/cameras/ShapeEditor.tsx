import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { IconArrowBackUp, IconPolygon, IconTrash } from '@tabler/icons-react'
import { useBlocker } from '@tanstack/react-router'
import { useEffect, useReducer, useState } from 'react'
import { LivePicture } from '@/shared/live/LivePicture'
import { Overlay, toPoints } from '@/shared/live/Outlines'
import type { Live } from '@/shared/live/useLive'
import { Failure } from '@/shared/ui/Failure'
import { tell } from '@/shared/ui/notify'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { Handles } from './Handles'
import { type Camera, useChange } from './queries'
import { ShapeList } from './ShapeList'
import { findPlace, Surface } from './Surface'
import {
  begin,
  findOpen,
  hasBadName,
  isInside,
  LEAST_CORNERS,
  MOST_SHAPES,
  nameZone,
  readShapes,
  take,
  writeShapes,
} from './shapes'
import { words } from './words'

interface ShapeEditorProps {
  camera: Camera
  live: Live
  missing: string | undefined
  mayChange: boolean
}

/** A camera's zones and masks, over its picture of now: drawn, dragged and saved there. */
export function ShapeEditor({ camera, live, missing, mayChange }: ShapeEditorProps) {
  const said = useWords(words)
  const editing = useEditing(camera)
  const { drawing, dispatch, corner, setCorner } = editing
  const chosen = drawing.chosen === undefined ? undefined : drawing.shapes[drawing.chosen]
  const open = findOpen(drawing)
  return (
    <Stack gap="xs">
      <div className={classes.picture}>
        <LivePicture live={live} alt={camera.name} missing={missing}>
          <Overlay>
            {drawing.shapes.map((shape, at) => (
              <polygon
                // biome-ignore lint/suspicious/noArrayIndexKey: a shape is its place in the list
                key={at}
                className={classes.shape}
                data-kind={shape.kind}
                data-chosen={at === drawing.chosen}
                points={toPoints(shape.polygon)}
              />
            ))}
          </Overlay>
          {mayChange && !open && (
            <div
              className={classes.chooser}
              role="presentation"
              onPointerDown={(event) => {
                const place = findPlace(event, event.currentTarget)
                const at = drawing.shapes.findLastIndex((shape) => isInside(shape.polygon, place))
                dispatch({ do: 'choose', shape: at < 0 ? undefined : at })
              }}
            />
          )}
          {mayChange && open && <Surface shape={open} dispatch={dispatch} />}
          {mayChange && chosen && !open && (
            <Handles shape={chosen} corner={corner} onCorner={setCorner} dispatch={dispatch} />
          )}
        </LivePicture>
      </div>
      {mayChange && <Tools editing={editing} />}
      {open && (
        <Text size="sm" role="status">
          {open.polygon.length < LEAST_CORNERS ? said.traceOn(LEAST_CORNERS - open.polygon.length) : said.traceClose}
        </Text>
      )}
      <Title order={3} size="h5">
        {said.shapes}
      </Title>
      <Text size="sm">{said.shapesHint}</Text>
      <ShapeList drawing={drawing} dispatch={dispatch} mayChange={mayChange && !open} />
      {mayChange && <Save camera={camera} editing={editing} />}
    </Stack>
  )
}

type Editing = ReturnType<typeof useEditing>

/** What is drawn here, which follows what is stored until somebody changes something. */
function useEditing(camera: Camera) {
  const said = useWords(words)
  const [drawing, dispatch] = useReducer(take, camera, (given) => begin(readShapes(given)))
  const [corner, setCorner] = useState<number>()
  const stored = JSON.stringify(writeShapes(readShapes(camera)))
  const isChanged = findOpen(drawing) !== undefined || JSON.stringify(writeShapes(drawing.shapes)) !== stored
  const follows = drawing.past.length === 0
  useEffect(() => {
    const shapes: Pick<Camera, 'zones' | 'masks'> = JSON.parse(stored)
    if (follows) dispatch({ do: 'reset', shapes: readShapes(shapes) })
  }, [stored, follows])
  useBlocker({ shouldBlockFn: () => !window.confirm(said.leave), disabled: !isChanged, enableBeforeUnload: isChanged })
  return { drawing, dispatch, corner, setCorner, isChanged }
}

function Tools({ editing: { drawing, dispatch, corner } }: { editing: Editing }) {
  const said = useWords(words)
  const open = findOpen(drawing)
  const chosen = drawing.chosen === undefined ? undefined : drawing.shapes[drawing.chosen]
  const isFull = drawing.shapes.length >= MOST_SHAPES
  return (
    <Group gap={6} className={classes.tools}>
      {open ? (
        <>
          <Button size="xs" disabled={open.polygon.length < LEAST_CORNERS} onClick={() => dispatch({ do: 'close' })}>
            {said.close}
          </Button>
          <Button size="xs" variant="default" onClick={() => dispatch({ do: 'cancel' })}>
            {said.cancelShape}
          </Button>
        </>
      ) : (
        (['zone', 'mask'] as const).map((kind) => (
          <Button
            key={kind}
            size="xs"
            variant="default"
            disabled={isFull}
            leftSection={<IconPolygon size={16} aria-hidden />}
            onClick={() =>
              dispatch({ do: 'begin', kind, name: kind === 'zone' ? nameZone(drawing.shapes, said.zone) : '' })
            }
          >
            {said.draw[kind]}
          </Button>
        ))
      )}
      <Button
        size="xs"
        variant="default"
        disabled={drawing.past.length === 0}
        leftSection={<IconArrowBackUp size={16} aria-hidden />}
        onClick={() => dispatch({ do: 'undo' })}
      >
        {said.undo}
      </Button>
      {chosen && !open && (
        <Button
          size="xs"
          variant="default"
          disabled={corner === undefined || corner >= chosen.polygon.length || chosen.polygon.length <= LEAST_CORNERS}
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => corner !== undefined && dispatch({ do: 'drop', at: corner })}
        >
          {said.dropCorner}
        </Button>
      )}
    </Group>
  )
}

function Save({ camera, editing: { drawing, dispatch, isChanged } }: { camera: Camera; editing: Editing }) {
  const said = useWords(words)
  const shared = useWords(common)
  const change = useChange(camera.id)
  const isReady = !findOpen(drawing) && !drawing.shapes.some((shape) => hasBadName(drawing.shapes, shape))
  const save = () =>
    change.mutate(writeShapes(drawing.shapes), {
      onSuccess: (saved) => {
        dispatch({ do: 'reset', shapes: readShapes(saved) })
        tell(said.saved)
      },
    })
  return (
    <>
      {change.error && <Failure error={change.error} />}
      <Group gap="xs">
        <Button disabled={!isChanged || !isReady} loading={change.isPending} onClick={save}>
          {shared.save}
        </Button>
        {isChanged && (
          <Button variant="default" onClick={() => dispatch({ do: 'reset', shapes: readShapes(camera) })}>
            {said.discard}
          </Button>
        )}
      </Group>
    </>
  )
}
