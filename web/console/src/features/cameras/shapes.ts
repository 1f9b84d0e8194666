/** Zones and masks while they are drawn: every step can be undone. */
import type { View } from '@/shared/api/client'

export type Corner = View<'Point'>
export type ShapeKind = 'zone' | 'mask'

export interface Shape {
  kind: ShapeKind
  /** Of a zone; masks have none. */
  name: string
  polygon: Corner[]
  /** Its first corner is not joined to its last yet. */
  isOpen: boolean
}

export interface Drawing {
  shapes: Shape[]
  /** Which shape is worked on. */
  chosen: number | undefined
  past: Shape[][]
  /** What was done last: steps of one gesture, such as a drag, are undone together. */
  gesture: string | undefined
}

export type Step =
  | { do: 'choose'; shape: number | undefined }
  | { do: 'begin'; kind: ShapeKind; name: string }
  | { do: 'add'; corner: Corner }
  | { do: 'close' }
  | { do: 'cancel' }
  | { do: 'move'; at: number; to: Corner; gesture: string }
  | { do: 'insert'; after: number; corner: Corner }
  | { do: 'drop'; at: number }
  | { do: 'rename'; shape: number; name: string }
  | { do: 'remove'; shape: number }
  | { do: 'undo' }
  | { do: 'reset'; shapes: Shape[] }

export const LEAST_CORNERS = 3
export const MOST_CORNERS = 64
export const MOST_SHAPES = 32
const DIGITS = 10_000

type Drawn = Pick<View<'CameraView'>, 'zones' | 'masks'>

export function readShapes({ zones, masks }: Drawn): Shape[] {
  return [
    ...zones.map(({ name, polygon }) => ({ kind: 'zone' as const, name, polygon, isOpen: false })),
    ...masks.map(({ polygon }) => ({ kind: 'mask' as const, name: '', polygon, isOpen: false })),
  ]
}

export function writeShapes(shapes: readonly Shape[]): Drawn {
  const closed = shapes.filter((shape) => !shape.isOpen)
  return {
    zones: closed.filter(({ kind }) => kind === 'zone').map(({ name, polygon }) => ({ name: name.trim(), polygon })),
    masks: closed.filter(({ kind }) => kind === 'mask').map(({ polygon }) => ({ polygon })),
  }
}

export function begin(shapes: Shape[]): Drawing {
  return { shapes, chosen: undefined, past: [], gesture: undefined }
}

/** Within the picture, and no finer than can be seen. */
export function clamp({ x, y }: Corner): Corner {
  const round = (share: number) => Math.round(Math.min(Math.max(share, 0), 1) * DIGITS) / DIGITS
  return { x: round(x), y: round(y) }
}

export function findOpen(drawing: Drawing): Shape | undefined {
  return drawing.shapes.find((shape) => shape.isOpen)
}

export function take(drawing: Drawing, step: Step): Drawing {
  switch (step.do) {
    case 'choose':
      return findOpen(drawing) ? drawing : { ...drawing, chosen: step.shape, gesture: undefined }
    case 'begin':
      return beginShape(drawing, step.kind, step.name)
    case 'add':
      return changeOpen(drawing, (shape) =>
        shape.polygon.length < MOST_CORNERS ? { ...shape, polygon: [...shape.polygon, clamp(step.corner)] } : shape,
      )
    case 'close':
      return changeOpen(drawing, (shape) =>
        shape.polygon.length >= LEAST_CORNERS ? { ...shape, isOpen: false } : shape,
      )
    case 'cancel':
      return findOpen(drawing)
        ? without(
            drawing,
            drawing.shapes.findIndex((shape) => shape.isOpen),
          )
        : drawing
    case 'remove':
      return without(drawing, step.shape)
    case 'rename':
      return put(drawing, step.shape, (shape) => ({ ...shape, name: step.name }), `name ${step.shape}`)
    case 'undo':
      return undo(drawing)
    case 'reset':
      return begin(step.shapes)
    default:
      return takeCorner(drawing, step)
  }
}

/** What is done to a corner of the chosen shape. */
function takeCorner(drawing: Drawing, step: Extract<Step, { do: 'move' | 'insert' | 'drop' }>): Drawing {
  const { chosen } = drawing
  if (chosen === undefined) return drawing
  const edit = (change: (polygon: Corner[]) => Corner[], gesture?: string) =>
    put(drawing, chosen, (shape) => ({ ...shape, polygon: change(shape.polygon) }), gesture)
  switch (step.do) {
    case 'move':
      return edit((polygon) => polygon.with(step.at, clamp(step.to)), step.gesture)
    case 'insert':
      return edit((polygon) =>
        polygon.length < MOST_CORNERS ? polygon.toSpliced(step.after + 1, 0, clamp(step.corner)) : polygon,
      )
    case 'drop': {
      const shape = drawing.shapes[chosen]
      // A closed shape of three corners would be none with two.
      if (!shape || (!shape.isOpen && shape.polygon.length <= LEAST_CORNERS)) return drawing
      return edit((polygon) => polygon.toSpliced(step.at, 1))
    }
  }
}

function beginShape(drawing: Drawing, kind: ShapeKind, name: string): Drawing {
  if (findOpen(drawing)) return drawing
  const shapes = [...drawing.shapes, { kind, name, polygon: [], isOpen: true }]
  return { shapes, chosen: shapes.length - 1, past: [...drawing.past, drawing.shapes], gesture: undefined }
}

function changeOpen(drawing: Drawing, change: (shape: Shape) => Shape): Drawing {
  const at = drawing.shapes.findIndex((shape) => shape.isOpen)
  return at < 0 ? drawing : put(drawing, at, change)
}

function put(drawing: Drawing, at: number, change: (shape: Shape) => Shape, gesture?: string): Drawing {
  const shape = drawing.shapes[at]
  if (!shape) return drawing
  const next = change(shape)
  if (next === shape) return drawing
  const goesOn = gesture !== undefined && gesture === drawing.gesture
  const past = goesOn ? drawing.past : [...drawing.past, drawing.shapes]
  return { ...drawing, shapes: drawing.shapes.with(at, next), past, gesture }
}

function without(drawing: Drawing, at: number): Drawing {
  const shapes = drawing.shapes.toSpliced(at, 1)
  return { shapes, chosen: undefined, past: [...drawing.past, drawing.shapes], gesture: undefined }
}

function undo(drawing: Drawing): Drawing {
  const before = drawing.past.at(-1)
  if (!before) return drawing
  const open = before.findIndex((shape) => shape.isOpen)
  const kept = drawing.chosen !== undefined && drawing.chosen < before.length ? drawing.chosen : undefined
  return { shapes: before, chosen: open < 0 ? kept : open, past: drawing.past.slice(0, -1), gesture: undefined }
}

/** A name for the next zone that no other has. */
export function nameZone(shapes: readonly Shape[], word: string): string {
  const taken = new Set(shapes.map((shape) => shape.name))
  let number = 1
  while (taken.has(`${word} ${number}`)) number += 1
  return `${word} ${number}`
}

/** Whether two zones have one name, or one has none. */
export function hasBadName(shapes: readonly Shape[], shape: Shape): boolean {
  if (shape.kind === 'mask') return false
  const name = shape.name.trim()
  return name === '' || shapes.some((each) => each !== shape && each.kind === 'zone' && each.name.trim() === name)
}

/** Where a new corner goes between two that are neighbours. */
export function findMiddle(polygon: readonly Corner[], after: number): Corner {
  const one = polygon[after] ?? { x: 0, y: 0 }
  const other = polygon[(after + 1) % polygon.length] ?? one
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }
}

/** Whether a place lies inside a polygon (even-odd, as the service fills them). */
export function isInside(polygon: readonly Corner[], { x, y }: Corner): boolean {
  let inside = false
  polygon.forEach((one, at) => {
    const other = polygon.at(at - 1) ?? one
    const crosses = one.y > y !== other.y > y
    if (crosses && x < ((other.x - one.x) * (y - one.y)) / (other.y - one.y) + one.x) inside = !inside
  })
  return inside
}
