import { ActionIcon, Button, Group, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { Dispatch } from 'react'
import { useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Drawing, hasBadName, type Shape, type Step } from './shapes'
import { words } from './words'

interface ShapeListProps {
  drawing: Drawing
  dispatch: Dispatch<Step>
  mayChange: boolean
}

/** What is drawn, by name: to be chosen, named and removed without pointing at it. */
export function ShapeList({ drawing, dispatch, mayChange }: ShapeListProps) {
  const said = useWords(words)
  if (drawing.shapes.length === 0) return null
  return (
    <ul className={classes.shapes} aria-label={said.shapes}>
      {drawing.shapes.map((shape, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a shape is its place in the list
        <li key={at} data-kind={shape.kind}>
          <Item drawing={drawing} shape={shape} at={at} dispatch={dispatch} mayChange={mayChange} />
        </li>
      ))}
    </ul>
  )
}

interface ItemProps extends ShapeListProps {
  shape: Shape
  at: number
}

function Item({ drawing, shape, at, dispatch, mayChange }: ItemProps) {
  const said = useWords(words)
  const number = drawing.shapes.slice(0, at + 1).filter((each) => each.kind === shape.kind).length
  const name = shape.kind === 'zone' ? shape.name : said.mask(number)
  if (!mayChange) return <span>{`${said.kind[shape.kind]}: ${name}`}</span>
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Button
        size="xs"
        variant={drawing.chosen === at ? 'filled' : 'default'}
        aria-pressed={drawing.chosen === at}
        onClick={() => dispatch({ do: 'choose', shape: drawing.chosen === at ? undefined : at })}
      >
        {shape.kind === 'zone' ? said.edit : name}
      </Button>
      {shape.kind === 'zone' && (
        <TextInput
          size="xs"
          className={classes.name}
          aria-label={said.zoneName}
          value={shape.name}
          maxLength={120}
          error={hasBadName(drawing.shapes, shape) && said.badName}
          onChange={(event) => dispatch({ do: 'rename', shape: at, name: event.currentTarget.value })}
        />
      )}
      <ActionIcon
        size="lg"
        variant="default"
        aria-label={said.removeShape(name)}
        onClick={() => dispatch({ do: 'remove', shape: at })}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </Group>
  )
}
